output "deploy_role_arn" {
  description = "For deploy.yml."
  value       = aws_iam_role.deploy.arn
}

output "plan_role_arn" {
  description = "For drift.yml."
  value       = aws_iam_role.plan.arn
}
