package generate

import (
	"crypto/rand"
	"strings"
)

// reserved begins the name of every file that is there for the writer alone.
const reserved = ".bartizan"

// names are those of the files that one command puts beside the tree's own while it writes. They begin with the name of
// its lock files, without the end.
type names struct{ prefix string }

// temp is a new name for a file that is being written. It may hold half a file, and never anything of others.
func (n names) temp() string { return n.prefix + tempMark + rand.Text() }

// aside is the name under which a file waits to be exchanged, and what it was exchanged with to be looked at. It is
// always whole, and may hold what somebody saved a moment ago. The end keeps tools from taking it for a manifest.
func (n names) aside(name string) string { return n.prefix + asideMark + name + "~" }

// asideOf returns the name to which an aside belongs.
func (n names) asideOf(aside string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(aside, n.prefix+asideMark)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "~")
}

// ours reports whether the name is of one of the two kinds.
func (n names) ours(name string) bool {
	_, aside := n.asideOf(name)
	return aside || strings.HasPrefix(name, n.prefix+tempMark)
}

const (
	tempMark  = "-tmp-"
	asideMark = "-old-"
)

// isBookkeeping reports whether a file is there for the writer alone, whichever command it is.
func isBookkeeping(name string) bool {
	return strings.HasPrefix(name, reserved) &&
		(strings.HasSuffix(name, ".lock") || strings.Contains(name, tempMark) || strings.Contains(name, asideMark))
}
