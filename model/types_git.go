package model

import (
	"regexp"
	"strings"
)

var (
	branchType   = textType("branch", parseBranch).like("main")
	treePathType = textType("directory in the repository", parseTreePath).like("generated/production")
)

var (
	branchName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$`)
	treePath   = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`)
)

// parseBranch takes what git-check-ref-format allows, and of that the characters that need no quotes anywhere.
func parseBranch(s string) (string, *problem) {
	if len(s) > 200 || !branchName.MatchString(s) || strings.Contains(s, "..") || strings.HasSuffix(s, ".") || strings.HasSuffix(s, ".lock") || strings.Contains(s, ".lock/") || strings.Contains(s, "./") {
		return "", bad("Invalid branch", "%q is not a branch: letters, digits and . _ - between slashes.", s)
	}
	return s, nil
}

// parseTreePath takes a directory below the repository's root.
func parseTreePath(s string) (string, *problem) {
	if len(s) > 1000 || !treePath.MatchString(s) || strings.Contains("/"+s+"/", "/../") || strings.Contains("/"+s+"/", "/./") {
		return "", bad("Invalid directory", "%q is not a directory in the repository, such as \"generated/production\". Leave it out for the root.", s)
	}
	return s, nil
}
