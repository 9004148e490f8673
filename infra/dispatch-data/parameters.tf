# Where the CDK app finds the resources, if the environment says `dispatchData: 'terraform'`.
resource "aws_ssm_parameter" "dispatch" {
  for_each = {
    assignments-table-name       = aws_dynamodb_table.delivery_assignments.name
    assignments-table-stream-arn = aws_dynamodb_table.delivery_assignments.stream_arn
    operations-log-bucket-name   = aws_s3_bucket.operations_log.bucket
  }

  name        = "/milkrun/${var.environment.name}/dispatch/${each.key}"
  description = "Made by infra/dispatch-data for the CDK app"
  type        = "String"
  value       = each.value
}
