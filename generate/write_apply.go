package generate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// writers is how many directories are written at once: synchronising waits for the disk, not for the processor.
const writers = 16

// apply carries out the plan below the top, in the order that the comment on [Write] gives.
func (p *plan) apply(top folder, writers int) error {
	levels := p.levels()
	for _, level := range levels {
		if err := each(level, writers, func(d *dirPlan) error { return d.apply(top) }); err != nil {
			return err
		}
	}
	for _, level := range slices.Backward(levels) {
		if err := each(level, writers, func(d *dirPlan) error { return d.dissolve(top) }); err != nil {
			return err
		}
	}
	return nil
}

// levels are the directories that there is something to do in, by their depth.
func (p *plan) levels() [][]*dirPlan {
	var levels [][]*dirPlan
	for _, d := range p.dirs {
		if d.settled() {
			continue
		}
		depth := 0
		if d.path != "." {
			depth = 1 + strings.Count(d.path, "/")
		}
		for len(levels) <= depth {
			levels = append(levels, nil)
		}
		levels[depth] = append(levels[depth], d)
	}
	return levels
}

// each does the work for all directories, some of them at once.
func each(dirs []*dirPlan, writers int, work func(*dirPlan) error) error {
	var group sync.WaitGroup
	slots := make(chan struct{}, writers)
	errs := make([]error, len(dirs))
	for i, d := range dirs {
		slots <- struct{}{}
		group.Go(func() {
			if err := work(d); err != nil {
				errs[i] = fmt.Errorf("%s: %w", d.path, err)
			}
			<-slots
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// dirty reports whether something changes besides leftovers and the lock file.
func (d *dirPlan) dirty() bool { return len(d.writes)+len(d.removes)+len(d.makes) > 0 }

// settled reports whether the directory is as it should be.
func (d *dirPlan) settled() bool {
	return d.exists && !d.dirty() && len(d.leftovers) == 0 && d.lockAfter != nil && bytes.Equal(d.lockBefore, d.lockAfter)
}

// below holds the directory at the path below the top.
func below(top folder, dir string) (folder, error) {
	f, err := top.open(".")
	if dir == "." || err != nil {
		return f, err
	}
	for name := range strings.SplitSeq(dir, "/") {
		next, err := f.open(name)
		if err := errors.Join(err, f.close()); err != nil {
			return nil, err
		}
		f = next
	}
	return f, nil
}

// apply does the work in one directory, save for the removal of its lock.
func (d *dirPlan) apply(top folder) error {
	f, err := below(top, d.path)
	if err != nil {
		return err
	}
	return errors.Join(d.fill(f), f.close())
}

func (d *dirPlan) fill(f folder) error {
	for _, l := range d.leftovers {
		if err := f.remove(l); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	lock := d.lockBefore
	putLock := func(data []byte) error {
		if lock != nil && bytes.Equal(lock, data) {
			return nil
		}
		lock = data
		if err := d.names.replace(f, base(d.lockPath), data, 0o644); err != nil {
			return err
		}
		return f.sync()
	}
	if d.dirty() {
		if err := putLock(d.lockDuring); err != nil {
			return err
		}
		if err := d.change(f); err != nil {
			return err
		}
	}
	if d.dirty() || len(d.leftovers) > 0 {
		if err := f.sync(); err != nil {
			return err
		}
	}
	if d.lockAfter == nil {
		return nil // until everything below is gone
	}
	return putLock(d.lockAfter)
}

// change writes and removes files, and makes directories.
func (d *dirPlan) change(f folder) error {
	for _, w := range d.writes {
		a := w.artifact
		if err := d.names.put(f, base(a.Path), a.Data, a.Mode, w.was); err != nil {
			return err
		}
	}
	for _, r := range d.removes {
		if err := d.names.take(f, r.name, r.was); err != nil {
			return err
		}
	}
	for _, m := range d.makes {
		if err := f.mkdir(m); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// dissolve removes the lock of a directory that holds nothing of ours any more, and the directory if it holds nothing
// at all.
func (d *dirPlan) dissolve(top folder) error {
	if d.lockAfter != nil {
		return nil
	}
	parent, err := below(top, path.Dir(d.path))
	if err != nil {
		return err
	}
	defer parent.close()
	f, err := parent.open(base(d.path))
	if err != nil {
		return err
	}
	err = f.remove(base(d.lockPath))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = f.sync()
	}
	if err := errors.Join(err, f.close()); err != nil {
		return err
	}
	switch err := parent.remove(base(d.path)); {
	case errors.Is(err, fs.ErrExist):
		return nil // not empty
	case err != nil:
		return err
	}
	return parent.sync()
}
