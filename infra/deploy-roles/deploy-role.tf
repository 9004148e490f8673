locals {
  account_and_region = "${var.environment.region}:${var.environment.account}"
  stacks             = "arn:aws:cloudformation:${local.account_and_region}:stack/milkrun-${var.environment.name}-*/*"
  api_gateway        = "arn:aws:apigateway:${var.environment.region}::"
}

# Deploys, and checks what it deployed. What a deployment may change is decided by the roles of `cdk bootstrap`.
resource "aws_iam_role" "deploy" {
  name               = "milkrun-${var.environment.name}-deploy"
  description        = "GitHub Actions: deploys milkrun to ${var.environment.name}"
  assume_role_policy = data.aws_iam_policy_document.trust["deploy"].json
  # A deployment of prod waits for its canary.
  max_session_duration = 2 * 60 * 60
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.deploy.id
  policy = data.aws_iam_policy_document.deploy.json
}

data "aws_iam_policy_document" "deploy" {
  statement {
    sid     = "CdkBootstrapRoles"
    actions = ["sts:AssumeRole"]
    resources = [
      for role in ["deploy", "file-publishing", "lookup"] :
      "arn:aws:iam::${var.environment.account}:role/cdk-hnb659fds-${role}-role-${var.environment.account}-${var.environment.region}"
    ]
  }

  statement {
    sid       = "FindWhatWasDeployed"
    actions   = ["cloudformation:DescribeStacks", "cloudformation:DescribeStackResource"]
    resources = [local.stacks]
  }

  # CloudFormation names a secret after its logical id, and tags it as its stack.
  statement {
    sid       = "SmokeSigns"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:aws:secretsmanager:${local.account_and_region}:secret:StandardWebhooksSecret-*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/project"
      values   = ["milkrun"]
    }
  }

  # API Gateway makes and lists keys of the whole account: it knows no narrower resource.
  statement {
    sid       = "SmokeReadsWithAKey"
    actions   = ["apigateway:GET", "apigateway:POST"]
    resources = ["${local.api_gateway}/apikeys", "${local.api_gateway}/usageplans/*/keys"]
  }

  statement {
    sid       = "SmokeReadsItsKey"
    actions   = ["apigateway:GET"]
    resources = ["${local.api_gateway}/apikeys/*", "${local.api_gateway}/usageplans/*/keys/*"]
  }

  statement {
    sid       = "CompareWhatRuns"
    actions   = ["lambda:GetFunctionConfiguration"]
    resources = ["arn:aws:lambda:${local.account_and_region}:function:milkrun-${var.environment.name}-*"]
  }
}
