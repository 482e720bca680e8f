package inside

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// filled reports whether the kubelet fills the mount: a file system in memory, or a directory of the pod's on the node, which
// gVisor mounts by 9p without saying where it is.
func filled(m mount) bool {
	if kernels(m.point) || m.point == "/dev" || strings.HasPrefix(m.point, "/dev/") {
		return false
	}
	return m.kind == "tmpfs" || m.kind == "9p" && m.point != "/" || strings.Contains(m.root, "/volumes/kubernetes.io~") || strings.Contains(m.root, "/volume-subpaths/")
}

var errEnough = errors.New("enough files")

// volumeFiles describes the files of filled mounts, at most a few hundred of each: more is no volume of ours. Volumes are
// updated by links to directories whose names begin with two dots; the links are followed, the directories are not shown.
func volumeFiles(mounts []mount) []File {
	var files []File
	for _, m := range mounts {
		if !filled(m) {
			continue
		}
		n := 0
		filepath.WalkDir(m.point, func(place string, e fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			if n++; n > 300 {
				return errEnough
			}
			if e.IsDir() && strings.HasPrefix(e.Name(), "..") {
				return filepath.SkipDir
			}
			if info, err := os.Stat(place); err == nil && info.Mode().IsRegular() {
				files = append(files, file(place, info))
			}
			return nil
		})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

func file(place string, info fs.FileInfo) File {
	owner := info.Sys().(*syscall.Stat_t)
	f := File{Path: place, UID: int(owner.Uid), GID: int(owner.Gid), Mode: bits(info)}
	if data, err := os.ReadFile(place); err == nil {
		sum := sha256.Sum256(data)
		f.Sum = hex.EncodeToString(sum[:])
		f.Token = token(string(data))
	}
	return f
}

// token reads the claims of a JSON Web Token. Its signature is the API server's business.
func token(text string) *Token {
	parts := strings.Split(strings.TrimSpace(text), ".")
	if len(parts) != 3 {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims struct {
		Aud        any
		Sub        string
		Iat, Exp   int64
		Kubernetes struct{ Pod struct{ Name string } } `json:"kubernetes.io"`
	}
	if json.Unmarshal(data, &claims) != nil {
		return nil
	}
	t := &Token{Subject: claims.Sub, Pod: claims.Kubernetes.Pod.Name, Seconds: claims.Exp - claims.Iat}
	switch audience := claims.Aud.(type) {
	case string:
		t.Audiences = []string{audience}
	case []any:
		for _, a := range audience {
			s, _ := a.(string)
			t.Audiences = append(t.Audiences, s)
		}
	}
	return t
}
