package generate

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A machine is a directory in memory that can be told to fail at any operation, and whose power can be cut: what was not
// synchronised is then lost, in whole or in part, as POSIX allows. It is stricter than any real file system: of the
// changes to the names in a directory since it was synchronised any may have reached the disk and any other not.
type machine struct {
	root     *node
	steps    int
	fault    func(step int, op string) fault
	dead     bool // killed: no operation has an effect any more
	noSwap   bool // a file system that cannot place and swap
	lastOp   string
	lastName string
}

// fault is what happens at one operation.
type fault struct {
	err   error  // it fails
	done  bool   // with err: and has had its effect all the same
	kill  bool   // the process dies before it
	first func() // happens before it
}

var errKilled = errors.New("killed")

type node struct {
	dir     bool
	mode    fs.FileMode
	data    []byte
	synced  []byte           // what of data a power cut leaves
	names   map[string]*node // as processes see the directory
	durable map[string]*node // as a power cut leaves it at least
	pending []map[string]*node
}

func newDir() *node {
	return &node{dir: true, mode: fs.ModeDir | 0o755, names: map[string]*node{}, durable: map[string]*node{}}
}

func newMachine() *machine { return &machine{root: newDir()} }

// step counts an operation, and says how it fails. The effect is to be had only if do is true.
func (m *machine) step(op, name string) (do bool, err error) {
	if m.dead {
		return false, errKilled
	}
	m.steps++
	m.lastOp, m.lastName = op, name
	if m.fault == nil {
		return true, nil
	}
	f := m.fault(m.steps, op)
	if f.first != nil {
		f.first()
	}
	if f.kill {
		m.dead = true
		return false, errKilled
	}
	return f.err == nil || f.done, f.err
}

// change gives names new nodes; nil takes the name away.
func (n *node) change(to map[string]*node) {
	for name, x := range to {
		if x == nil {
			delete(n.names, name)
		} else {
			n.names[name] = x
		}
	}
	n.pending = append(n.pending, to)
}

func (n *node) sync() { n.durable, n.pending = maps.Clone(n.names), nil }

// cutPower leaves what the disk has. Keep says for each change of a name, in order, whether it has reached the disk.
func (m *machine) cutPower(keep func(done, of int) bool) {
	var cut func(n *node)
	cut = func(n *node) {
		if !n.dir {
			n.data = slices.Clone(n.synced)
			return
		}
		pending := n.pending
		n.names, n.pending = maps.Clone(n.durable), nil
		for i, to := range pending {
			if keep(i, len(pending)) {
				n.change(to)
			}
		}
		n.sync()
		for _, below := range n.names {
			cut(below)
		}
	}
	cut(m.root)
}

// cuts are the ways in which a power cut is tried; those of the names, or all.
func cuts(seed uint64, names ...string) map[string]func(done, of int) bool {
	r := rand.New(rand.NewPCG(seed, 0))
	prefix := map[int]int{}
	all := map[string]func(done, of int) bool{
		"nothing lost": func(int, int) bool { return true },
		"all lost":     func(int, int) bool { return false },
		"last lost":    func(done, of int) bool { return done < of-1 },
		"first lost":   func(done, of int) bool { return done > 0 },
		"some kept":    func(int, int) bool { return r.IntN(2) == 0 },
		"prefix kept": func(done, of int) bool {
			if done == 0 {
				prefix[of] = r.IntN(of + 1)
			}
			return done < prefix[of]
		},
	}
	maps.DeleteFunc(all, func(name string, _ func(done, of int) bool) bool {
		return len(names) > 0 && !slices.Contains(names, name)
	})
	return all
}

// clone copies the machine, without its faults.
func (m *machine) clone() *machine {
	seen := map[*node]*node{}
	var copied func(n *node) *node
	copied = func(n *node) *node {
		if n == nil {
			return nil
		}
		if c, ok := seen[n]; ok {
			return c
		}
		c := &node{dir: n.dir, mode: n.mode, data: slices.Clone(n.data), synced: slices.Clone(n.synced)}
		seen[n] = c
		all := func(from map[string]*node) map[string]*node {
			to := map[string]*node{}
			for name, x := range from {
				to[name] = copied(x)
			}
			return to
		}
		if n.dir {
			c.names, c.durable = all(n.names), all(n.durable)
			for _, p := range n.pending {
				c.pending = append(c.pending, all(p))
			}
		}
		return c
	}
	return &machine{root: copied(m.root), noSwap: m.noSwap}
}

// files is what stands on the machine, by path.
func (m *machine) files() map[string]string {
	files := map[string]string{}
	var walk func(n *node, at string)
	walk = func(n *node, at string) {
		for name, x := range n.names {
			if x.dir {
				walk(x, path.Join(at, name))
			} else {
				files[path.Join(at, name)] = string(x.data)
			}
		}
	}
	walk(m.root, "")
	return files
}

// save is an editor at work: it replaces the file, or writes to it in place, and the disk has it. It reports whether
// there was a directory for it.
func (m *machine) save(name, data string, inPlace bool) bool {
	n := m.root
	for dir := range strings.SplitSeq(path.Dir(name), "/") {
		if dir == "." {
			break
		}
		if n = n.names[dir]; n == nil || !n.dir {
			return false
		}
	}
	file := n.names[path.Base(name)]
	if file == nil || !inPlace {
		file = &node{mode: 0o644}
		n.change(map[string]*node{path.Base(name): file})
	}
	n.sync()
	file.data, file.synced = []byte(data), []byte(data)
	return true
}

// memFolder is a folder of the machine.
type memFolder struct {
	m *machine
	n *node
}

func (m *machine) top() folder { return memFolder{m, m.root} }

func (f memFolder) list() ([]fs.DirEntry, error) {
	if do, err := f.m.step("list", ""); !do {
		return nil, err
	}
	var entries []fs.DirEntry
	for name, x := range f.n.names {
		entries = append(entries, fs.FileInfoToDirEntry(memInfo{name, x}))
	}
	return entries, nil
}

func (f memFolder) open(name string) (folder, error) {
	do, err := f.m.step("open", name)
	x := f.n.names[name]
	switch {
	case !do:
		return nil, err
	case name == ".":
		return f, nil
	case x == nil:
		return nil, fs.ErrNotExist
	case !x.dir:
		return nil, errLink
	}
	return memFolder{f.m, x}, nil
}

func (f memFolder) mkdir(name string) error {
	do, err := f.m.step("mkdir", name)
	if do && f.n.names[name] != nil {
		return fs.ErrExist
	}
	if do {
		f.n.change(map[string]*node{name: newDir()})
	}
	return err
}

func (f memFolder) read(name string) ([]byte, fs.FileMode, error) {
	do, err := f.m.step("read", name)
	x := f.n.names[name]
	switch {
	case !do:
		return nil, 0, err
	case x == nil:
		return nil, 0, fs.ErrNotExist
	case x.dir:
		return nil, 0, errLink
	}
	return slices.Clone(x.data), x.mode, err
}

func (f memFolder) create(name string, mode fs.FileMode) (newFile, error) {
	do, err := f.m.step("create", name)
	if !do {
		return nil, err
	}
	if f.n.names[name] != nil {
		return nil, fs.ErrExist
	}
	x := &node{mode: mode}
	f.n.change(map[string]*node{name: x})
	return memFile{f.m, x}, nil
}

func (f memFolder) rename(from, to string) error {
	do, err := f.m.step("rename", to)
	x := f.n.names[from]
	if do && x == nil {
		return fs.ErrNotExist
	}
	if do {
		f.n.change(map[string]*node{from: nil, to: x})
	}
	return err
}

func (f memFolder) place(from, to string) error {
	do, err := f.m.step("place", to)
	x := f.n.names[from]
	switch {
	case !do:
		return err
	case f.m.noSwap:
		return errors.ErrUnsupported
	case x == nil:
		return fs.ErrNotExist
	case f.n.names[to] != nil:
		return fs.ErrExist
	}
	f.n.change(map[string]*node{from: nil, to: x})
	return err
}

func (f memFolder) swap(a, b string) error {
	do, err := f.m.step("swap", b)
	x, y := f.n.names[a], f.n.names[b]
	switch {
	case !do:
		return err
	case f.m.noSwap:
		return errors.ErrUnsupported
	case x == nil || y == nil:
		return fs.ErrNotExist
	}
	f.n.change(map[string]*node{a: y, b: x})
	return err
}

func (f memFolder) remove(name string) error {
	do, err := f.m.step("remove", name)
	x := f.n.names[name]
	switch {
	case !do:
		return err
	case x == nil:
		return fs.ErrNotExist
	case x.dir && len(x.names) > 0:
		return syscall.ENOTEMPTY
	}
	f.n.change(map[string]*node{name: nil})
	return err
}

func (f memFolder) sync() error {
	do, err := f.m.step("sync", "")
	if do {
		f.n.sync()
	}
	return err
}

func (f memFolder) close() error {
	_, err := f.m.step("close", "")
	return err
}

// memFile is a file that is being written.
type memFile struct {
	m *machine
	n *node
}

func (f memFile) Write(data []byte) (int, error) {
	do, err := f.m.step("write", "")
	n := len(data)
	if err != nil {
		n /= 2 // a full disk takes what fits
	}
	if do || err != nil && !f.m.dead {
		f.n.data = append(f.n.data, data[:n]...)
		f.n.synced = f.n.data[:len(f.n.data)/2] // a part may be on the disk already
	}
	return n, err
}

func (f memFile) Chmod(mode fs.FileMode) error {
	do, err := f.m.step("chmod", "")
	if do {
		f.n.mode = mode
	}
	return err
}

func (f memFile) Sync() error {
	do, err := f.m.step("fsync", "")
	if do {
		f.n.synced = slices.Clone(f.n.data)
	}
	return err
}

func (f memFile) Close() error {
	_, err := f.m.step("closefile", "")
	return err
}

type memInfo struct {
	name string
	n    *node
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return int64(len(i.n.data)) }
func (i memInfo) Mode() fs.FileMode  { return i.n.mode }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.n.dir }
func (i memInfo) Sys() any           { return nil }
