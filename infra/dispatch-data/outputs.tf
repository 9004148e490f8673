output "assignments_table" {
  description = "Name of the table of assignments."
  value       = aws_dynamodb_table.delivery_assignments.name
}

output "operations_log_bucket" {
  description = "Name of the bucket of the operations log."
  value       = aws_s3_bucket.operations_log.bucket
}
