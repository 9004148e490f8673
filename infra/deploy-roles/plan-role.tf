# Looks for what somebody has changed by hand. It does not get the lookup role of `cdk bootstrap`, which may read
# everything in the account, positions of drivers included; what it has reads configuration, and no data.
resource "aws_iam_role" "plan" {
  name               = "milkrun-${var.environment.name}-plan"
  description        = "GitHub Actions: compares what is in ${var.environment.name} with what was deployed"
  assume_role_policy = data.aws_iam_policy_document.trust["plan"].json
}

# To detect drift, CloudFormation reads each resource with the permissions of whoever asks. AWS keeps this policy
# up to date with its services: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/SecurityAudit.html
resource "aws_iam_role_policy_attachment" "plan_reads_configuration" {
  role       = aws_iam_role.plan.name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
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
