terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100.0"
    }
  }

  # Its bucket and region are those of the environment's account: `make terraform-init` names them.
  backend "s3" {
    key          = "milkrun/dispatch-data.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.environment.region
  # Credentials of another environment's account change nothing there.
  allowed_account_ids = [var.environment.account]

  default_tags {
    tags = {
      project     = "milkrun"
      environment = var.environment.name
    }
  }
}
