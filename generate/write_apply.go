package generate

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"sync"
)

// writers is how many directories are written at once: synchronising waits for the disk, not for the processor.
const writers = 16

// apply carries out the plan below root.
func (p *plan) apply(root *os.Root) error {
	for _, d := range p.dirs {
		if !d.exists && d.path != "." {
			if err := root.Mkdir(d.path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
	}
	var group sync.WaitGroup
	slots := make(chan struct{}, writers)
	errs := make([]error, len(p.dirs))
	for i, d := range p.dirs {
		group.Add(1)
		slots <- struct{}{}
		go func() {
			defer group.Done()
			errs[i] = d.apply(root)
			<-slots
		}()
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	// Directories that hold nothing any more go, deepest first. One that still holds something of somebody's stays:
	// Remove refuses.
	for _, d := range slices.Backward(p.dirs) {
		if d.lockAfter == nil && d.path != "." {
			_ = root.Remove(d.path)
		}
	}
	return nil
}

// apply does the work in one directory, in the order that the comment on [Write] gives.
func (d *dirPlan) apply(root *os.Root) error {
	for _, l := range d.leftovers {
		if err := root.Remove(l); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	dirty := len(d.writes)+len(d.removes) > 0
	lock := d.lockBefore
	if dirty && !bytes.Equal(lock, d.lockDuring) {
		if err := ReplaceFile(root, d.lockPath, d.lockDuring, 0o644); err != nil {
			return err
		}
		lock = d.lockDuring
		syncDir(root, d.path)
	}
	for _, w := range d.writes {
		if err := stillIs(root, w.artifact.Path, w.was); err != nil {
			return err
		}
		if err := ReplaceFile(root, w.artifact.Path, w.artifact.Data, w.artifact.Mode); err != nil {
			return err
		}
	}
	for _, r := range d.removes {
		if err := stillIs(root, r.path, &r.was); err != nil {
			return err
		}
		if err := root.Remove(r.path); err != nil {
			return err
		}
	}
	switch {
	case d.lockAfter == nil:
		if err := root.Remove(d.lockPath); err != nil {
			return err
		}
	case d.lockAfter != nil && !bytes.Equal(lock, d.lockAfter):
		if err := ReplaceFile(root, d.lockPath, d.lockAfter, 0o644); err != nil {
			return err
		}
	case !dirty:
		return nil
	}
	syncDir(root, d.path)
	return nil
}

// stillIs refuses to go on if the file has changed since the plan was made.
func stillIs(root *os.Root, name string, was *digest) error {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) && was == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if was != nil && info.Mode().IsRegular() {
		data, err := readFile(root, name)
		if err != nil {
			return err
		}
		if sha256.Sum256(data) == *was {
			return nil
		}
	}
	return fmt.Errorf("%s: changed while the tree was being written; nothing of it is lost, run again", name)
}

// ReplaceFile puts the data at the path in one step: a reader sees the old file or the new one, whole.
func ReplaceFile(root *os.Root, name string, data []byte, mode fs.FileMode) error {
	temp := path.Join(path.Dir(name), tempPrefix+rand.Text())
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()) // Chmod: whatever the umask is
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		_ = root.Remove(temp)
	}
	return err
}

// syncDir makes renames last. Some file systems cannot; they keep the order of renames, which is enough.
func syncDir(root *os.Root, dir string) {
	if f, err := root.Open(dir); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}
