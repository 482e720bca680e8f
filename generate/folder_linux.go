package generate

import "golang.org/x/sys/unix"

func (d *diskFolder) placeat(from, to string) error {
	return d.renameat2(from, to, unix.RENAME_NOREPLACE)
}

func (d *diskFolder) swapat(a, b string) error { return d.renameat2(a, b, unix.RENAME_EXCHANGE) }

func (d *diskFolder) renameat2(from, to string, flags uint) error {
	dir := int(d.self.Fd())
	return unix.Renameat2(dir, from, dir, to, flags)
}
