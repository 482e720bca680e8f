package model

import (
	"regexp"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// nameType is the name of a variable.
var nameType = textType("name", func(s string) (string, *problem) {
	if !isIdentifier(s) {
		return "", bad("Invalid name", "%q is not a name of letters, digits, _ and -, starting with a letter.", s)
	}
	return s, nil
})

// isIdentifier reports whether the language takes the text for one name.
func isIdentifier(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', i > 0 && ('0' <= c && c <= '9' || c == '-'):
		default:
			// The scanner, which takes long, knows letters of all scripts, and takes some bytes that are not UTF-8.
			return utf8.ValidString(s) && hclsyntax.ValidIdentifier(s)
		}
	}
	return true
}

// parseAttestable takes the id of a control that can be attested. Controls of a managed control plane, which no file
// of ours can prove, are attested too; which subjects fit is checked with the subject.
func parseAttestable(s string) (ControlID, *problem) {
	var ids []string
	for _, c := range Controls {
		ids = append(ids, string(c.ID))
	}
	if LookupControl(ControlID(s)) == nil {
		return "", bad("Unknown control", "There is no control %q.%s `bartizan controls` lists them.", s, didYouMean(s, ids))
	}
	return ControlID(s), nil
}

var codeOwner = regexp.MustCompile(`^@[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)*$`)

func parseCodeOwner(s string) (string, *problem) {
	if !codeOwner.MatchString(s) {
		return "", bad("Invalid code owner", "%q is not a name at a Git host, such as \"@example/security\".", s)
	}
	return s, nil
}
