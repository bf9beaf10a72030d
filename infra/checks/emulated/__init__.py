"""What the emulated AWS is tried for, by subject. See emulated_aws.py."""
