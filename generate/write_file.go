package generate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
)

// errChanged says that somebody was at work in the directory too.
var errChanged = errors.New("changed while it was being written; nothing of it is lost, run again")

// stillIs refuses to go on if the file does not hold any more what it held.
func stillIs(f folder, name string, was digest) error {
	data, _, err := f.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && sha256.Sum256(data) != was:
		return fmt.Errorf("%s: %w", name, errChanged)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// writeNew makes a file, whole on the disk before it returns.
func writeNew(f folder, name string, data []byte, mode fs.FileMode) error {
	w, err := f.create(name, mode)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if err == nil {
		err = w.Chmod(mode) // whatever the umask is
	}
	if err == nil {
		err = w.Sync()
	}
	if err = errors.Join(err, w.Close()); err != nil {
		_ = f.remove(name)
	}
	return err
}

// replace puts the data to the name in one step, whatever stood there.
func (n names) replace(f folder, name string, data []byte, mode fs.FileMode) error {
	temp := n.temp()
	if err := writeNew(f, temp, data, mode); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := f.rename(temp, name); err != nil {
		_ = f.remove(temp)
		return err
	}
	return nil
}

// put is replace for a file that others may change at any moment: it fails, and what they saved keeps its name, if the
// file is not what it was. With was nil there was no file.
func (n names) put(f folder, name string, data []byte, mode fs.FileMode, was *digest) error {
	temp := n.temp()
	if err := writeNew(f, temp, data, mode); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var err error
	if was == nil {
		err = n.place(f, temp, name)
	} else if err = stillIs(f, name, *was); err == nil {
		return n.exchange(f, temp, name, sha256.Sum256(data), *was)
	}
	if err != nil {
		_ = f.remove(temp) // ours, unless it has been placed already
	}
	return err
}

// place gives a file a name that nothing bears.
func (n names) place(f folder, from, to string) error {
	err := f.place(from, to)
	if errors.Is(err, errors.ErrUnsupported) {
		if _, _, err = f.read(to); err == nil {
			err = fs.ErrExist
		} else if errors.Is(err, fs.ErrNotExist) {
			err = f.rename(from, to)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", to, errChanged)
	}
	return err
}

// exchange lets the new file, which is whole at temp, and the old one change places, and drops the old one if it is
// what it was.
func (n names) exchange(f folder, temp, name string, is, was digest) error {
	aside := n.aside(name)
	if err := n.place(f, temp, aside); err != nil {
		_ = f.remove(temp)
		return err
	}
	err := f.swap(aside, name)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		if err = f.rename(aside, name); err == nil {
			return nil
		}
	case err == nil:
		dropped, err := drop(f, aside, was)
		if dropped || err != nil {
			return err
		}
		// Give it its name back, and let the disk know before the name that it had goes.
		if err := errors.Join(f.swap(aside, name), f.sync()); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		err = nil // somebody removed it
	}
	_, dropErr := drop(f, aside, is)
	if err == nil {
		err = fmt.Errorf("%s: %w", name, errChanged)
	}
	return errors.Join(err, dropErr)
}

// take removes a file if it is what it was.
func (n names) take(f folder, name string, was digest) error {
	if err := stillIs(f, name, was); err != nil {
		return err
	}
	aside := n.aside(name)
	err := f.place(name, aside)
	if errors.Is(err, errors.ErrUnsupported) {
		return f.remove(name)
	}
	if err != nil {
		return err
	}
	dropped, err := drop(f, aside, was)
	if dropped || err != nil {
		return err
	}
	if err := f.place(aside, name); err != nil {
		return err // it keeps the name that it has; the next run tells of it
	}
	return fmt.Errorf("%s: %w", name, errChanged)
}

// drop removes a file if it holds what may be dropped.
func drop(f folder, name string, may digest) (dropped bool, err error) {
	data, _, err := f.read(name)
	if err != nil || sha256.Sum256(data) != may {
		return false, err
	}
	return true, f.remove(name)
}
