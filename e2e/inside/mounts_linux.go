package inside

import (
	"bytes"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// mount is a line of /proc/self/mountinfo, proc_pid_mountinfo(5).
type mount struct {
	// root is the directory of its file system that is mounted.
	root, point, kind string
	readOnly          bool
}

func lines(file string) iter.Seq[string] {
	text, _ := os.ReadFile(file)
	return strings.Lines(string(text))
}

func readMounts() []mount {
	var mounts []mount
	for line := range lines("/proc/self/mountinfo") {
		before, after, _ := strings.Cut(strings.TrimSpace(line), " - ")
		own, rest := strings.Fields(before), strings.Fields(after)
		if len(own) < 6 || len(rest) < 3 {
			continue
		}
		only := func(options string) bool { return slices.Contains(strings.Split(options, ","), "ro") }
		mounts = append(mounts, mount{root: unescape(own[3]), point: unescape(own[4]), kind: rest[0], readOnly: only(own[5]) || only(rest[2])})
	}
	return mounts
}

// unescape undoes what the kernel does to spaces and the like: a backslash and three octal digits.
func unescape(s string) string {
	var out bytes.Buffer
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func describe(mounts []mount) []Mount {
	var all []Mount
	for _, m := range mounts {
		d := Mount{Point: m.point, Type: m.kind, ReadOnly: m.readOnly}
		var size syscall.Statfs_t
		if syscall.Statfs(m.point, &size) == nil {
			d.Size = size.Blocks * uint64(size.Bsize)
		}
		if info, err := os.Stat(m.point); err == nil {
			d.GID, d.Mode = int(info.Sys().(*syscall.Stat_t).Gid), bits(info)
		}
		all = append(all, d)
	}
	return all
}

// bits are the permissions with setuid, setgid and sticky, as chmod writes them.
func bits(info os.FileInfo) uint32 { return uint32(info.Sys().(*syscall.Stat_t).Mode & 0o7777) }

// kernels are the file systems through which the kernel shows itself.
func kernels(point string) bool {
	for _, dir := range []string{"/proc", "/sys"} {
		if point == dir || strings.HasPrefix(point, dir+"/") {
			return true
		}
	}
	return false
}

// writable tries to write wherever the image or a mount could let it.
func writable(mounts []mount) []string {
	var found []string
	try := func(place string, dir bool) {
		if dir {
			f, err := os.CreateTemp(place, ".bartizan-*")
			if err != nil {
				return
			}
			f.Close()
			os.Remove(f.Name())
		} else {
			f, err := os.OpenFile(place, os.O_WRONLY, 0)
			if err != nil {
				return
			}
			f.Close()
		}
		found = append(found, place)
	}
	points := map[string]bool{}
	for _, m := range mounts {
		points[m.point] = true
	}
	filepath.WalkDir("/", func(place string, e os.DirEntry, err error) error {
		switch {
		case err != nil:
		case place != "/" && points[place]:
			if e.IsDir() {
				return filepath.SkipDir // below, by itself
			}
		case e.IsDir() || e.Type().IsRegular():
			try(place, e.IsDir())
		}
		return nil
	})
	for point := range points {
		if info, err := os.Stat(point); err == nil && point != "/" && !kernels(point) && info.Mode()&os.ModeDevice == 0 {
			try(point, info.IsDir())
		}
	}
	slices.Sort(found)
	return found
}
