# Whom the roles believe. GitHub signs a token for a job, and AWS compares what it says:
#   claims            https://docs.github.com/en/actions/reference/security/oidc
#   condition keys    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
# Besides `aud` and `sub`, AWS has compared repository_id, job_workflow_ref and others since January 2026
# (https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/).

locals {
  issuer = "token.actions.githubusercontent.com"

  # GitHub's default subjects begin so: with ids for repositories made, renamed or moved after 15 July 2026 and
  # those that opted in, with names alone for all others. The id of the repository is compared by itself as well.
  subjects = [
    "repo:${var.repository.owner}/${var.repository.name}",
    "repo:${var.repository.owner}@${var.repository.owner_id}/${var.repository.name}@${var.repository.id}",
  ]

  oidc_provider_arn = one(concat(aws_iam_openid_connect_provider.github[*].arn, data.aws_iam_openid_connect_provider.github[*].arn))

  # What a job must be to get a role. A pull request is none of them: its diff needs no account.
  jobs = {
    deploy = {
      subjects = [for subject in local.subjects : "${subject}:environment:${var.environment.name}"]
      workflow = var.workflows.deploy
    }
    plan = {
      subjects = [for subject in local.subjects : "${subject}:ref:refs/heads/${var.main_branch}"]
      workflow = var.workflows.drift
    }
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.environment.create_oidc_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]

  # Others in the account may have come to rely on it.
  lifecycle {
    prevent_destroy = true
  }
}

data "aws_iam_openid_connect_provider" "github" {
  count = var.environment.create_oidc_provider ? 0 : 1

  url = "https://${local.issuer}"
}

data "aws_iam_policy_document" "trust" {
  for_each = local.jobs

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = each.value.subjects
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:repository_id"
      values   = [var.repository.id]
    }

    # A job of an ordinary workflow has it as well: the workflow's own file.
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:job_workflow_ref"
      values   = ["${var.repository.owner}/${var.repository.name}/.github/workflows/${each.value.workflow}@refs/heads/${var.main_branch}"]
    }
  }
}
