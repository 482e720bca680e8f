package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const groups = "/sys/fs/cgroup"

// CgroupVersion1 says whether the host has control groups of version 1, which the kubelet refuses unless told otherwise.
func CgroupVersion1() bool {
	_, err := os.Stat(groups + "/cgroup.controllers")
	return errors.Is(err, fs.ErrNotExist)
}

// Group makes a control group for the kubelet of the machine and returns its path, as the kubelet wants it.
func (m *Machine) Group() (string, error) {
	group := fmt.Sprintf("/%s-%s", filepath.Base(filepath.Dir(m.Work)), m.Name)
	for _, root := range hierarchies() {
		dir := root + group
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		// A new group of processors is empty until it is told which of its parent's it has.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			if data, err := os.ReadFile(filepath.Join(root, file)); err == nil {
				if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
					return "", err
				}
			}
		}
	}
	return group, nil
}

// hierarchies are the roots of control groups: one with version 2, one for each controller with version 1.
func hierarchies() []string {
	if !CgroupVersion1() {
		return []string{groups}
	}
	roots, _ := filepath.Glob(groups + "/*")
	return roots
}

// removeGroups removes the control groups of the lab with the directory. They are empty once its machines have ended, which
// the kernel may notice a moment later.
func removeGroups(work string) error {
	var err error
	for range 20 {
		err = nil
		for _, root := range hierarchies() {
			dirs, _ := filepath.Glob(fmt.Sprintf("%s/%s-*", root, filepath.Base(work)))
			for _, dir := range dirs {
				err = errors.Join(err, removeTree(dir))
			}
		}
		if err == nil {
			return nil
		}
		time.Sleep(250 * time.Millisecond)
	}
	return err
}

// removeTree removes directories, deepest first; the files in them are the kernel's.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(dir)
}
