"""Tests of infra/ and of what the repository depends on."""
