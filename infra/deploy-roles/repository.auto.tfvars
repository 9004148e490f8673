# Replace with your repository: names and GitHub's ids.
repository = {
  owner    = "example"
  owner_id = "1000001"
  name     = "milkrun"
  id       = "2000002"
}
