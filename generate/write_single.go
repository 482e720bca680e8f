package generate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// ReplaceFile puts the data to a file that exists, in one step: a reader sees the old file or the new one, whole. It
// keeps the mode, and fails, with nothing lost, if the file does not hold any more what it held. The name must not be a
// link; another hard link to the file goes on showing the old one. A run that is killed may leave a file beside it whose
// name begins with ".bartizan".
func ReplaceFile(name string, was, data []byte) error {
	return single(name, func(d *diskFolder, file string) error {
		_, mode, err := d.read(file)
		if err != nil {
			return err
		}
		digest := digest(sha256.Sum256(was))
		return names{reserved}.put(d, file, data, mode.Perm(), &digest)
	})
}

// CreateFile makes a file that was not there, whole or not at all. It fails with fs.ErrExist if there is something.
func CreateFile(name string, data []byte) error {
	return single(name, func(d *diskFolder, file string) error {
		if _, err := d.root.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fs.ErrExist, err)
		}
		return names{reserved}.put(d, file, data, 0o644, nil)
	})
}

// single does the work in the directory of a file. Unlike the directory of a tree it may be named through a link.
func single(name string, work func(*diskFolder, string) error) error {
	dir, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err != nil {
		return err
	}
	d, err := openDisk(dir)
	if err != nil {
		return err
	}
	err = work(d, filepath.Base(name))
	if err == nil {
		err = d.sync()
	}
	if err := errors.Join(err, d.close()); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}
