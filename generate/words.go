package generate

import "github.com/bartizan-dev/bartizan/model"

// Words are the terms of trees and of writing them.
var Words = []*model.Word{
	{
		Name: LockName, Also: []string{"lock", "lock file"},
		Doc: "The file that lists, in each directory of a tree, what we wrote there, with digests. By it generate knows what is its own: a file that people have edited or made is never overwritten without --force. " +
			"After a merge conflict take either side and generate again.",
		See: []string{"stale", "drift"},
	},
	{
		Name: string(Stale), Also: []string{string(Outdated), string(Foreign), "no longer generated", "would change", "prune", "--prune"},
		Doc: "Of a file: \"stale\" is one that we wrote and that is no longer generated; --prune removes it. \"outdated\" is one that would now be written differently: generate again. \"foreign\" is one that is not ours and stands where we would write.",
		See: []string{LockName},
	},
	{
		Name: "tree",
		Doc:  "Everything that generate writes for one specification: made to be committed, the same bytes for the same specification. Each directory has a README that says what its files are for, in which order, on which machine.",
		See:  []string{LockName, "claim"},
	},
}
