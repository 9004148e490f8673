variable "environment" {
  description = "What environments/<name>.ts says: `make terraform-plan` and `terraform-apply` hand it over."
  type = object({
    name                 = string
    account              = string
    region               = string
    create_oidc_provider = bool
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
}

variable "repository" {
  description = "The repository on GitHub whose workflows may deploy, and its owner, by name and by id: `gh api repos/<owner>/<name> --jq '.owner.id, .id'` prints the ids."
  type = object({
    owner    = string
    owner_id = string
    name     = string
    id       = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]+$", var.repository.id)) && can(regex("^[0-9]+$", var.repository.owner_id))
    error_message = "repository.id and repository.owner_id must be GitHub's numbers, as strings: names can be given up and taken by others."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+$", var.repository.owner)) && can(regex("^[A-Za-z0-9._-]+$", var.repository.name))
    error_message = "repository.owner and repository.name must be as in https://github.com/<owner>/<name>."
  }
}

variable "main_branch" {
  description = "The branch whose workflows deploy."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.main_branch))
    error_message = "main_branch must be the name of one branch, without wildcards."
  }
}

variable "workflows" {
  description = "Files in .github/workflows: the one that deploys, and the nightly one that looks for drift."
  type = object({
    deploy = optional(string, "deploy.yml")
    drift  = optional(string, "drift.yml")
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for file in values(var.workflows) : can(regex("^[A-Za-z0-9._-]+\\.ya?ml$", file))])
    error_message = "workflows must be names of files in .github/workflows, such as deploy.yml."
  }
}
