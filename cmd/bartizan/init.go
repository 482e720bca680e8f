package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
)

// starter is the specification that init writes. It is committed as examples/minimal too, with its output.
//
//go:embed starter
var starter embed.FS

func newInit(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a starter specification",
		Long: `Init writes a small specification that is valid and complete: one cluster, a VPN, a jump box, a team and one
workload. Every value that you must change is marked. DIR is made if it does not exist; the default is the current
directory. Files that exist are never overwritten.`,
		Example: "  bartizan init my-cluster",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return writeStarter(s, specPath(args)) },
	}
}

func writeStarter(s *streams, dir string) error {
	files, err := fs.Sub(starter, "starter")
	if err != nil {
		return err
	}
	names, err := fs.Glob(files, "*")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range names { // all or nothing
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already; init writes to a directory without a specification", filepath.Join(dir, name))
		}
	}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if err := generate.CreateFile(filepath.Join(dir, name), data); err != nil {
			return err
		}
		s.out.line(filepath.Join(dir, name))
	}
	at := ""
	if dir != "." {
		at = " " + dir
	}
	s.err.printf("\nNext: change the values marked \"change\", then run\n  bartizan validate%s\n", at)
	return nil
}
