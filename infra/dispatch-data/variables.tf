variable "environment" {
  description = "What environments/<name>.ts says: `make terraform-plan` and `terraform-apply` hand it over."
  type = object({
    name                = string
    account             = string
    region              = string
    operations_log_days = number
    deletion_protection = bool
    retain_data         = bool
    tls_only            = bool
    access_logs_bucket  = optional(string)
  })
  nullable = false

  validation {
    condition     = var.environment.name == terraform.workspace
    error_message = "These are the data of ${var.environment.name}, and the workspace is ${terraform.workspace}: run `make terraform-plan ENV=${var.environment.name}`, which selects the right one."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*$", var.environment.name))
    error_message = "environment.name must be lower-case letters and digits, as it is part of resources' names."
  }

  validation {
    condition     = can(regex("^[0-9]{12}$", var.environment.account))
    error_message = "environment.account must be the twelve digits of an AWS account, as a string."
  }

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.environment.region))
    error_message = "environment.region must be the name of an AWS region, such as us-east-1."
  }

  validation {
    condition     = var.environment.operations_log_days >= 1 && var.environment.operations_log_days <= 3650 && floor(var.environment.operations_log_days) == var.environment.operations_log_days
    error_message = "environment.operations_log_days must be a whole number from 1 to 3650."
  }
}
