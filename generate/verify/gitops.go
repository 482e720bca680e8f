package verify

import "github.com/bartizan-dev/bartizan/model"

// gitOpsAccounts are the accounts as which the controller acts, "namespace/name".
func gitOpsAccounts(g *model.GitOps, c *model.Cluster) []string { return nil }
