package generate

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// A lock file lists the files of one directory that we wrote, one line each, sorted by name:
//
//	# comment
//	<sha256, 64 hexadecimal digits> <mode, 0644 or 0755> <name>
//
// It is made to be merged. Lines that are not of this form, such as conflict markers, are passed over, and a name may
// have several lines: the file is ours if it has any of their digests. So after a conflict either side, or both, will
// do, and the next run writes the file anew.
const (
	lockHeader = "# Files in this directory that bartizan wrote. After a merge conflict take either side and generate again.\n"
	// lockRoot marks the lock at the root of a tree, so that a tree inside another one's directory is left alone.
	lockRoot = "# This directory is the root of the tree.\n"
)

// digest is the SHA-256 of a file's bytes.
type digest [sha256.Size]byte

// lockLine is what one line says besides the name.
type lockLine struct {
	digest digest
	mode   fs.FileMode
}

// lock maps the names of one directory to their lines.
type lock map[string][]lockLine

func parseLock(data []byte) (l lock, root bool) {
	l = lock{}
	for line := range bytes.Lines(data) {
		if string(line) == lockRoot {
			root = true
		}
		hexDigest, rest, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
		mode, name, _ := strings.Cut(rest, " ")
		var e lockLine
		if n, err := hex.Decode(e.digest[:], []byte(hexDigest[:min(len(hexDigest), 64)])); err != nil || n != len(e.digest) || len(hexDigest) != 64 {
			continue
		}
		switch mode {
		case "0644":
			e.mode = 0o644
		case "0755":
			e.mode = 0o755
		default:
			continue
		}
		if !fs.ValidPath(name) || name == "." || strings.Contains(name, "/") {
			continue
		}
		l.add(name, e)
	}
	return l, root
}

func (l lock) add(name string, e lockLine) {
	if !slices.Contains(l[name], e) {
		l[name] = append(l[name], e)
	}
}

// lists reports whether a line gives the name that digest.
func (l lock) lists(name string, d digest) bool {
	return slices.ContainsFunc(l[name], func(e lockLine) bool { return e.digest == d })
}

// encode writes the lock, with the mark of the root where it belongs.
func (l lock) encode(root bool) []byte {
	var buf bytes.Buffer
	buf.WriteString(lockHeader)
	if root {
		buf.WriteString(lockRoot)
	}
	for _, name := range slices.Sorted(maps.Keys(l)) {
		lines := slices.Clone(l[name])
		slices.SortFunc(lines, func(a, b lockLine) int {
			return cmp.Or(bytes.Compare(a.digest[:], b.digest[:]), int(a.mode)-int(b.mode))
		})
		for _, e := range lines {
			fmt.Fprintf(&buf, "%x %04o %s\n", e.digest, e.mode, name)
		}
	}
	return buf.Bytes()
}
