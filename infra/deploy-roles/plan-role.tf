# Looks for what somebody has changed by hand. It does not get the lookup role of `cdk bootstrap`, which may read
# everything in the account, positions of drivers included; what it has reads configuration, and no data.
resource "aws_iam_role" "plan" {
  name               = "milkrun-${var.environment.name}-plan"
  description        = "GitHub Actions: compares what is in ${var.environment.name} with what was deployed"
  assume_role_policy = data.aws_iam_policy_document.trust["plan"].json
}

# To detect drift, CloudFormation and Terraform read each resource with the permissions of whoever asks. By type of
# resource, as the handlers' schemas say (`aws cloudformation describe-type`); a test compares the types with those of
# the templates and of infra/. Values of secrets, which a schema asks for too, are not read.
locals {
  reads = distinct(flatten(values(jsondecode(file("${path.module}/reads.json")))))

  # Where reading all of a kind would be reading data. A usage plan's id has six characters: its keys stand below it.
  read_of = {
    "apigateway:GET" = [
      for path in ["account", "restapis/*", "usageplans/??????", "apis/*", "tags/*"] :
      "${local.api_gateway}/${path}"
    ]
    "ssm:GetParameter"  = [local.parameters]
    "ssm:GetParameters" = [local.parameters]
  }

  parameters = "arn:aws:ssm:${local.account_and_region}:parameter/milkrun/${var.environment.name}/*"
}

resource "aws_iam_role_policy" "plan" {
  name   = "plan"
  role   = aws_iam_role.plan.id
  policy = data.aws_iam_policy_document.plan.json
}

data "aws_iam_policy_document" "plan" {
  statement {
    sid = "DetectDrift"
    actions = [
      "cloudformation:DescribeStackResourceDrifts",
      "cloudformation:DescribeStacks",
      "cloudformation:DetectStackDrift",
      "cloudformation:DetectStackResourceDrift",
      "cloudformation:GetTemplate",
    ]
    resources = [local.stacks]
  }

  statement {
    sid       = "ReadConfiguration"
    actions   = [for action in local.reads : action if !contains(keys(local.read_of), action)]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = local.read_of

    content {
      actions   = [statement.key]
      resources = statement.value
    }
  }

  # A plan compares with the state.
  statement {
    sid       = "FindTerraformState"
    actions   = ["s3:ListBucket"]
    resources = ["arn:aws:s3:::milkrun-terraform-state-${var.environment.account}"]
  }

  statement {
    sid       = "ReadTerraformState"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::milkrun-terraform-state-${var.environment.account}/*"]
  }

  # A detection has an id of its own, and no resource.
  statement {
    sid       = "FollowADetection"
    actions   = ["cloudformation:DescribeStackDriftDetectionStatus"]
    resources = ["*"]
  }
}
