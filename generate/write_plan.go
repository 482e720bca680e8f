package generate

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxFile is the largest file that is read; far more than any artifact. A larger one is not ours.
const maxFile = 64 << 20

// plan is all that [Write] will do, found out before anything is done.
type plan struct {
	options   WriteOptions
	wanted    map[string]*wantedDir // by path
	dirs      []*dirPlan            // sorted by path: parents first
	changes   []Change              // sorted by path
	unchanged int
}

// wantedDir is what the set puts into one directory.
type wantedDir struct {
	artifacts []*Artifact
	dirs      []string // paths
}

func wantedDirs(set *Set) map[string]*wantedDir {
	wanted := map[string]*wantedDir{".": {}}
	var dir func(string) *wantedDir
	dir = func(d string) *wantedDir {
		if w, ok := wanted[d]; ok {
			return w
		}
		w := &wantedDir{}
		wanted[d] = w
		parent := dir(path.Dir(d))
		parent.dirs = append(parent.dirs, d)
		return w
	}
	for i := range set.Artifacts {
		w := dir(path.Dir(set.Artifacts[i].Path))
		w.artifacts = append(w.artifacts, &set.Artifacts[i])
	}
	return wanted
}

// dirPlan is the work in one directory.
type dirPlan struct {
	path     string // "." for the root
	lockPath string
	names    names
	exists   bool
	entries  map[string]fs.DirEntry
	lock     lock // as read

	writes    []write
	removes   []remove
	makes     []string // names of directories
	leftovers []string // names

	lockBefore []byte // as it is on disk; nil: none
	lockDuring []byte // old and new digests
	lockAfter  []byte // nil: removed, because the directory holds nothing of ours any more
}

// write is a file to create or replace; was is what stood there when the plan was made.
type write struct {
	artifact *Artifact
	was      *digest // nil: nothing
}

type remove struct {
	name string
	was  digest
}

// newPlan compares the set with the directory; top is nil if it does not exist.
func newPlan(set *Set, top folder, o WriteOptions) (*plan, error) {
	p := &plan{options: o, wanted: wantedDirs(set)}
	if _, err := p.walk(top, "."); err != nil {
		return nil, err
	}
	slices.SortFunc(p.dirs, func(a, b *dirPlan) int { return strings.Compare(a.path, b.path) })
	slices.SortFunc(p.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return p, nil
}

// walk plans the directory and those below it that we want to write to or wrote to: it never enters a link, nor a
// directory where nothing is to be written and that has neither a lock of ours nor the first file of an interrupted run. The folder is nil if the directory does not exist.
// It reports whether the directory will hold something of ours.
func (p *plan) walk(f folder, dir string) (ours bool, err error) {
	d := &dirPlan{path: dir, lockPath: path.Join(dir, p.options.lock()), names: p.options.names(), entries: map[string]fs.DirEntry{}, lock: lock{}}
	if f != nil {
		if err := d.read(f); err != nil {
			return false, fmt.Errorf("%s: %w", dir, err)
		}
	}
	want := p.wanted[dir]
	if want == nil {
		if d.lockBefore == nil && !slices.ContainsFunc(slices.Collect(maps.Keys(d.entries)), d.names.ours) {
			return false, nil
		}
		if _, otherTree := parseLock(d.lockBefore); otherTree {
			return false, nil
		}
		want = &wantedDir{}
	} else {
		ours = true
	}
	d.lock, _ = parseLock(d.lockBefore)
	p.dirs = append(p.dirs, d)

	during, after := lock{}, lock{}
	for name, lines := range d.lock {
		during[name] = slices.Clone(lines)
	}
	for _, a := range want.artifacts {
		line := lockLine{sha256.Sum256(a.Data), a.Mode}
		during.add(base(a.Path), line)
		after.add(base(a.Path), line)
		if err := p.compare(f, d, a, line); err != nil {
			return false, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.lock)) {
		if _, ok := after[name]; ok {
			continue
		}
		kept, err := p.stale(f, d, name)
		if err != nil {
			return false, err
		}
		if kept {
			after[name] = d.lock[name]
			ours = true
		}
	}
	if err := p.odds(f, d); err != nil {
		return false, err
	}
	below, err := p.descend(f, d, want)
	if err != nil {
		return false, err
	}
	// A directory without files of ours keeps its lock if one below needs it: without a lock nobody looks further.
	ours = ours || below
	d.lockDuring = during.encode(dir == ".")
	if ours {
		d.lockAfter = after.encode(dir == ".")
	}
	return ours, nil
}

// odds notes what is neither generated nor listed and yet matters: a thing in place of the lock file, and what an
// interrupted run left.
func (p *plan) odds(f folder, d *dirPlan) error {
	for _, name := range slices.Sorted(maps.Keys(d.entries)) {
		e := d.entries[name]
		c := Change{Path: path.Join(d.path, name), Kind: Leftover}
		file, aside := d.names.asideOf(name)
		switch {
		case name != p.options.lock() && !d.names.ours(name):
			continue
		case !e.Type().IsRegular():
			c.Kind = Blocked
		case name == p.options.lock():
			continue
		case aside:
			data, _, err := f.read(name)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Path, err)
			}
			if !d.lock.lists(file, sha256.Sum256(data)) {
				c.Kind = Rescued
			}
		}
		p.changes = append(p.changes, c)
		d.leftovers = append(d.leftovers, name)
	}
	return nil
}

// descend walks the directories in d, those that exist and those that are to be made.
func (p *plan) descend(f folder, d *dirPlan, want *wantedDir) (ours bool, err error) {
	for _, name := range slices.Sorted(maps.Keys(d.entries)) {
		dir := path.Join(d.path, name)
		switch {
		case d.entries[name].IsDir():
			o, err := p.enter(f, name, dir)
			if err != nil {
				return false, err
			}
			ours = ours || o
		case p.wanted[dir] != nil:
			p.changes = append(p.changes, Change{Path: dir, Kind: Blocked})
		}
	}
	for _, dir := range want.dirs {
		if _, ok := d.entries[base(dir)]; !ok {
			d.makes = append(d.makes, base(dir))
			o, err := p.walk(nil, dir)
			if err != nil {
				return false, err
			}
			ours = ours || o
		}
	}
	return ours, nil
}

func (p *plan) enter(f folder, name, dir string) (ours bool, err error) {
	below, err := f.open(name)
	if err != nil {
		return false, fmt.Errorf("%s: %w", dir, err)
	}
	defer below.close()
	return p.walk(below, dir)
}

// read lists the directory and reads its lock file.
func (d *dirPlan) read(f folder) error {
	entries, err := f.list()
	if err != nil {
		return err
	}
	d.exists = true
	for _, e := range entries {
		d.entries[e.Name()] = e
	}
	if e, ok := d.entries[base(d.lockPath)]; ok && e.Type().IsRegular() {
		d.lockBefore, _, err = f.read(base(d.lockPath))
		if err == nil && d.lockBefore == nil {
			d.lockBefore = []byte{}
		}
	}
	return err
}

// compare finds out what has to be done for one artifact.
func (p *plan) compare(f folder, d *dirPlan, a *Artifact, line lockLine) error {
	name := base(a.Path)
	e, ok := d.entries[name]
	if !ok {
		d.writes = append(d.writes, write{artifact: a})
		p.changes = append(p.changes, Change{Path: a.Path, Kind: Missing, new: a.Data})
		return nil
	}
	if !e.Type().IsRegular() {
		p.changes = append(p.changes, Change{Path: a.Path, Kind: Blocked})
		return nil
	}
	old, mode, err := f.read(name)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Path, err)
	}
	was := digest(sha256.Sum256(old))
	// Version control keeps of the mode only whether the owner may execute.
	if was == line.digest && mode&0o100 == a.Mode&0o100 {
		p.unchanged++
		return nil
	}
	kind := Edited
	switch {
	case was == line.digest, d.lock.lists(name, was):
		kind = Outdated
	case d.lock[name] == nil:
		kind = Foreign
	}
	d.writes = append(d.writes, write{artifact: a, was: &was})
	p.changes = append(p.changes, Change{Path: a.Path, Kind: kind, old: old, new: a.Data})
	return nil
}

// stale finds out what has to be done for a file of the lock that is no longer generated, and whether it stays.
func (p *plan) stale(f folder, d *dirPlan, name string) (kept bool, err error) {
	e, ok := d.entries[name]
	if !ok || !e.Type().IsRegular() {
		return false, nil // gone; what stands there instead is not ours
	}
	file := path.Join(d.path, name)
	old, _, err := f.read(name)
	if err != nil {
		return false, fmt.Errorf("%s: %w", file, err)
	}
	c := Change{Path: file, Kind: Stale, old: old}
	was := digest(sha256.Sum256(old))
	if !d.lock.lists(name, was) {
		c.Kind = StaleEdited
	}
	p.changes = append(p.changes, c)
	if !p.options.Prune {
		return true, nil
	}
	d.removes = append(d.removes, remove{name, was})
	return false, nil
}

// report says what the plan will do, or why it must not.
func (p *plan) report() *Report {
	r := &Report{Unchanged: p.unchanged}
	for _, c := range p.changes {
		switch {
		case c.Kind == Blocked,
			(c.Kind == Edited || c.Kind == Foreign || c.Kind == Rescued) && !p.options.Force,
			c.Kind == StaleEdited && p.options.Prune && !p.options.Force:
			r.Refused = append(r.Refused, c)
		case c.Kind == Stale || c.Kind == StaleEdited:
			if p.options.Prune {
				r.Removed = append(r.Removed, c.Path)
			} else {
				r.Stale = append(r.Stale, c)
			}
		case c.Kind != Leftover && c.Kind != Rescued:
			r.Written = append(r.Written, c.Path)
		}
	}
	if len(r.Refused) > 0 {
		r.Written, r.Removed = nil, nil
	}
	return r
}
