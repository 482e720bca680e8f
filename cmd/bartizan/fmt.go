package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

func newFmt(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Lay specification files out in the canonical way",
		Long: `Fmt rewrites specification files in the canonical layout and names those that it changed. A PATH is a file, a
directory, or - to read standard input and write standard output. The default is the current directory.

With --check nothing is written; the exit status is 1 if a file would change.`,
		Example: "  bartizan fmt --check .",
	}
	cmd.Args = cobra.ArbitraryArgs
	check := cmd.Flags().Bool("check", false, "write nothing, name the files that would change, exit 1 if there are any")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			args = []string{"."}
		}
		f := formatter{streams: s, check: *check}
		for _, arg := range args {
			if err := f.path(arg); err != nil {
				return err
			}
		}
		switch {
		case f.invalid:
			return errInvalid
		case *check && f.changed > 0:
			return errFound
		}
		return nil
	}
	return cmd
}

// formatter formats one file after the other.
type formatter struct {
	*streams
	check   bool
	changed int
	invalid bool
}

func (f *formatter) path(arg string) error {
	if arg == "-" {
		return f.stdin()
	}
	info, err := os.Stat(arg)
	if err != nil {
		return err
	}
	files := []string{arg}
	if info.IsDir() {
		if files, err = model.SpecFiles(arg); err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("%s: no specification files", arg)
		}
	}
	for _, file := range files {
		if err := f.file(file); err != nil {
			return err
		}
	}
	return nil
}

func (f *formatter) stdin() error {
	text, err := io.ReadAll(f.in)
	if err != nil {
		return err
	}
	formatted, err := f.format("-", text)
	switch {
	case err != nil || formatted == nil:
		return err
	case !f.check:
		_, err = f.out.Write(formatted)
		return err
	case !bytes.Equal(text, formatted):
		f.changed++
		f.out.line("standard input")
	}
	return nil
}

func (f *formatter) file(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	formatted, err := f.format(name, text)
	if err != nil || formatted == nil || bytes.Equal(text, formatted) {
		return err
	}
	f.changed++
	f.out.line(name)
	if f.check {
		return nil
	}
	return rewrite(name, formatted)
}

// format returns nil if the text does not parse; the reason has been printed.
func (f *formatter) format(name string, text []byte) ([]byte, error) {
	formatted, loaded := model.Format(name, text)
	f.invalid = f.invalid || formatted == nil
	return formatted, loaded.WriteText(f.err, f.err.color, 100)
}

// rewrite replaces an existing file in one step and keeps its mode. A link stays a link.
func rewrite(name string, data []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(generate.ReplaceFile(root, filepath.Base(name), data, info.Mode().Perm()), root.Close())
}
