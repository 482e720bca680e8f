package generate

import (
	"fmt"
	"io/fs"
	"path"
)

// maxTree is the most bytes that [ReadTree] reads: several times the tree of 10,000 workloads.
const maxTree = 2 << 30

// ReadTree reads the files below the directory by path, as package verify judges them. Lock files and Git's own
// directory are passed over. It refuses links and devices, because what they show is not in the tree, and more bytes
// than any tree has.
func ReadTree(dir string) (map[string][]byte, error) {
	top, err := openDisk(dir)
	if err != nil {
		return nil, err
	}
	defer top.close()
	r := treeReader{files: map[string][]byte{}}
	if err := r.read(top, ""); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return r.files, nil
}

type treeReader struct {
	files map[string][]byte
	total int
}

func (r *treeReader) read(f folder, dir string) error {
	entries, err := f.list()
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir() && e.Name() == ".git", !e.IsDir() && isBookkeeping(e.Name()):
		case e.IsDir():
			err = r.enter(f, e, name)
		case !e.Type().IsRegular():
			err = fmt.Errorf("%s: neither a file nor a directory", name)
		default:
			err = r.file(f, e, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *treeReader) enter(f folder, e fs.DirEntry, name string) error {
	below, err := f.open(e.Name())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer below.close()
	return r.read(below, name)
}

func (r *treeReader) file(f folder, e fs.DirEntry, name string) error {
	data, _, err := f.read(e.Name())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if r.total += len(data); r.total > maxTree {
		return fmt.Errorf("more than %d bytes in all", maxTree)
	}
	r.files[name] = data
	return nil
}
