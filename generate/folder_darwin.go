package generate

import "golang.org/x/sys/unix"

func (d *diskFolder) placeat(from, to string) error { return d.renameatx(from, to, unix.RENAME_EXCL) }

func (d *diskFolder) swapat(a, b string) error { return d.renameatx(a, b, unix.RENAME_SWAP) }

func (d *diskFolder) renameatx(from, to string, flags uint32) error {
	dir := int(d.self.Fd())
	return unix.RenameatxNp(dir, from, dir, to, flags)
}
