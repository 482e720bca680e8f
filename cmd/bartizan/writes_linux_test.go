package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mounted is a small file system of its own, which only root may have.
func mounted(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("bartizan", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("SKIPPED, nothing is proved here: a file system of its own needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A disk that is full after so many kilobytes, for a first tree and for one that changes.
func TestAFullDiskLeavesATreeThatIsSeenToBeBroken(t *testing.T) {
	disk := mounted(t, "size=16m")
	w := newTwoTrees(t, filepath.Join(disk, "out"))
	full := 0
	for _, from := range []string{"nothing", "a tree"} {
		for _, free := range []int64{4, 40} { // KiB
			if err := os.RemoveAll(w.out); err != nil {
				t.Fatal(err)
			}
			if from == "a tree" {
				w.written(t, 0)
			}
			fill := filepath.Join(disk, "fill")
			var space syscall.Statfs_t
			if err := syscall.Statfs(disk, &space); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(fill, make([]byte, int64(space.Bavail)*space.Bsize-free<<10), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd, said := w.command(1, "--prune")
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != exitBroken || !strings.Contains(said.String(), "no space left on device") {
				t.Errorf("from %s, %d KiB free: exit status %d: %s", from, free, code, said)
			}
			full++
			if state := w.judge(t, "full"); state == "second" {
				t.Errorf("from %s, %d KiB free: the tree is whole, so that the disk was not full", from, free)
			}
			if err := os.Remove(fill); err != nil {
				t.Fatal(err)
			}
			w.written(t, 1)
			if state := w.judge(t, "healed"); state != "second" {
				t.Errorf("healed, the tree is %s", state)
			}
		}
	}
	t.Logf("torture: %d runs on a full disk, %d trees checked", full, 2*full)
}

// On a file system that is mounted read-only a run changes nothing and fails; a comparison works.
func TestAReadOnlyFileSystemIsAnErrorAndMayBeCompared(t *testing.T) {
	disk := mounted(t, "size=16m")
	w := newTwoTrees(t, filepath.Join(disk, "out"))
	w.written(t, 0)
	before := snapshot(t, w.out)
	if err := syscall.Mount("bartizan", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	cmd, said := w.command(1, "--prune", "--force")
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitBroken || !strings.Contains(said.String(), "read-only file system") {
		t.Errorf("exit status %d: %s", code, said)
	}
	if !same(before, snapshot(t, w.out)) {
		t.Error("the tree has changed")
	}
	check, said := w.command(0, "--check")
	if err := check.Run(); err != nil {
		t.Errorf("check: %v: %s", err, said)
	}
}
