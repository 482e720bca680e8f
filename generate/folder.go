package generate

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// A folder is one directory, held open: whatever happens meanwhile to the path that led to it, its operations stay in
// it. They are the few that writing a tree needs, so that a test can let each of them fail. A name is one path element,
// and no operation follows a link.
type folder interface {
	list() ([]fs.DirEntry, error)
	// open holds a directory below.
	open(name string) (folder, error)
	mkdir(name string) error
	// read reads a regular file of at most maxFile bytes, and its mode. It never waits, as the opening of a pipe would.
	read(name string) ([]byte, fs.FileMode, error)
	// create makes a file that was not there.
	create(name string, mode fs.FileMode) (newFile, error)
	// rename replaces what bears the new name.
	rename(from, to string) error
	// place renames, and fails with fs.ErrExist if something bears the new name. It is errors.ErrUnsupported where the
	// file system cannot do both in one step; so is swap.
	place(from, to string) error
	// swap exchanges two names in one step.
	swap(a, b string) error
	// remove removes a file or an empty directory.
	remove(name string) error
	// sync makes what was done to the names in the directory outlive a crash of the machine.
	sync() error
	close() error
}

// newFile is a file that is being written.
type newFile interface {
	io.Writer
	Chmod(fs.FileMode) error
	Sync() error
	Close() error
}

// diskFolder is a folder of the machine. Os.Root keeps each name inside the directory; links inside it are refused here.
type diskFolder struct {
	root *os.Root
	self *os.File // the same directory, for what os.Root cannot do
}

var errLink = errors.New("a link or a device, where a file or a directory belongs")

// openDisk holds a directory by its path. The last element of the path is no link: what a link shows is not in the tree.
func openDisk(dir string) (*diskFolder, error) {
	info, err := os.Lstat(dir)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, fmt.Errorf("%s is a symbolic link: name the directory that it points to", dir)
	}
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR} // opening a pipe would wait
	}
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return held(root, info)
}

// held makes a folder of a root, if it is the directory that was looked at.
func held(root *os.Root, looked fs.FileInfo) (*diskFolder, error) {
	self, err := root.Open(".")
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	d := &diskFolder{root, self}
	info, err := self.Stat()
	if err == nil && (!looked.IsDir() || !os.SameFile(info, looked)) {
		err = &fs.PathError{Op: "open", Path: root.Name(), Err: errLink}
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *diskFolder) list() ([]fs.DirEntry, error) {
	f, err := d.root.Open(".") // anew: a handle lists once
	if err != nil {
		return nil, err
	}
	entries, err := f.ReadDir(-1)
	return entries, errors.Join(err, f.Close())
}

func (d *diskFolder) open(name string) (folder, error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errLink}
	}
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return held(root, info)
}

func (d *diskFolder) read(name string) ([]byte, fs.FileMode, error) {
	looked, err := d.root.Lstat(name)
	if err != nil {
		return nil, 0, err
	}
	if !looked.Mode().IsRegular() {
		return nil, 0, &fs.PathError{Op: "read", Path: name, Err: errLink}
	}
	f, err := d.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !os.SameFile(info, looked) {
		err = &fs.PathError{Op: "read", Path: name, Err: errors.New("replaced while it was read")}
	}
	if err != nil {
		return nil, 0, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	}
	return data, info.Mode(), err
}

func (d *diskFolder) create(name string, mode fs.FileMode) (newFile, error) {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d *diskFolder) mkdir(name string) error      { return d.root.Mkdir(name, 0o755) }
func (d *diskFolder) rename(from, to string) error { return d.root.Rename(from, to) }
func (d *diskFolder) remove(name string) error     { return d.root.Remove(name) }

func (d *diskFolder) place(from, to string) error {
	return renamed("place", from, to, d.placeat(from, to))
}

func (d *diskFolder) swap(a, b string) error { return renamed("swap", a, b, d.swapat(a, b)) }

// renamed says what failed. Kernels and file systems that do not know a flag have several words for it.
func renamed(op, from, to string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOTTY):
		err = errors.ErrUnsupported
	}
	return &os.LinkError{Op: op, Old: from, New: to, Err: err}
}

func (d *diskFolder) sync() error {
	err := d.self.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EBADF) {
		return nil // a file system that cannot; its renames are as lasting as they get
	}
	return err
}

func (d *diskFolder) close() error { return errors.Join(d.self.Close(), d.root.Close()) }
