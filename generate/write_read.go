package generate

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// maxTree is the most bytes that [ReadTree] reads: several times the tree of 10,000 workloads.
const maxTree = 2 << 30

// ReadTree reads the files below the directory by path, as package verify judges them. Lock files and Git's own
// directory are passed over. It refuses links and devices, because what they show is not in the tree, and more bytes
// than any tree has.
func ReadTree(dir string) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files := map[string][]byte{}
	total := 0
	err = fs.WalkDir(root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == ".git":
			return fs.SkipDir
		case e.IsDir(), isBookkeeping(e.Name()):
			return nil
		case !e.Type().IsRegular():
			return fmt.Errorf("%s: neither a file nor a directory", p)
		}
		data, err := readFile(root, p)
		if err != nil {
			return err
		}
		if total += len(data); total > maxTree {
			return fmt.Errorf("%s: more than %d bytes in all", dir, maxTree)
		}
		files[p] = data
		return nil
	})
	if err != nil {
		return nil, err
	}
	return files, nil
}

// isBookkeeping reports whether a file is there for the writer alone.
func isBookkeeping(name string) bool {
	return strings.HasPrefix(name, ".bartizan") && strings.HasSuffix(name, ".lock") || strings.HasPrefix(name, tempPrefix)
}
