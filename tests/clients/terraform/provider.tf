terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true
}

variable "name" {}
variable "step" { type = number }

locals { first = var.step == 1 }

data "aws_caller_identity" "me" {}
