package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

func newFmt(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Lay specification files out in the canonical way",
		Long: `Fmt rewrites specification files, and files that set variables (*.vars.hcl), in the canonical layout and names those
that it changed. Comments stay where they are; nothing but space changes. A PATH is a file, a directory, or - to read
standard input and write standard output. The default is the current directory. A link stays a link: the file that it
points to is rewritten, if that lies below PATH or PATH is the link.

With --check or --diff nothing is written; the exit status is 1 if a file would change.`,
		Example: `  bartizan fmt --recursive
  bartizan fmt --check .
  bartizan fmt - <main.bartizan.hcl`,
	}
	cmd.Args = cobra.ArbitraryArgs
	f := formatter{streams: s}
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing, name the files that would change, exit 1 if there are any")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "write nothing, show what would change as a unified diff, exit 1 if anything does")
	cmd.Flags().BoolVarP(&f.recursive, "recursive", "r", false, "also the directories below, without hidden ones")
	cmd.MarkFlagsMutuallyExclusive("check", "diff")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			args = []string{"."}
		}
		for _, arg := range args {
			if err := f.path(arg); err != nil {
				return err
			}
		}
		switch {
		case f.invalid:
			return errInvalid
		case (f.check || f.diff) && f.changed > 0:
			return errFound
		}
		return nil
	}
	return cmd
}

// formatter formats one file after the other.
type formatter struct {
	*streams
	check, diff, recursive bool

	within  string // the directory that is being formatted: a link must not lead out of it
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
	if !info.IsDir() {
		return f.file(arg)
	}
	f.within = arg
	defer func() { f.within = "" }()
	dirs := []string{arg}
	if f.recursive {
		if dirs, err = directories(arg); err != nil {
			return err
		}
	}
	found := false
	for _, dir := range dirs {
		files, err := model.SourceFiles(dir)
		if err != nil {
			return err
		}
		for _, file := range files {
			found = true
			if err := f.file(file); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("%s: no specification files", arg)
	}
	return nil
}

// directories returns a directory and those below it, without hidden ones.
func directories(top string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !e.IsDir():
			return nil
		case path != top && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		}
		dirs = append(dirs, path)
		return nil
	})
	return dirs, err
}

func (f *formatter) stdin() error {
	text, err := model.ReadText(f.in)
	if err != nil {
		return err
	}
	formatted, err := f.format("-", text)
	switch {
	case err != nil || formatted == nil:
		return err
	case f.check || f.diff:
		_, err = f.show("standard input", text, formatted)
	default:
		_, err = f.out.Write(formatted)
	}
	return err
}

// show names or shows what would change. It reports whether that is all that shall be done.
func (f *formatter) show(name string, text, formatted []byte) (done bool, err error) {
	if bytes.Equal(text, formatted) {
		return true, nil
	}
	f.changed++
	if f.diff {
		return true, generate.UnifiedDiff(f.out, name, text, name+" (formatted)", formatted)
	}
	f.out.line(name)
	return f.check, nil
}

func (f *formatter) file(name string) error {
	text, err := readSource(name)
	if err != nil {
		return err
	}
	formatted, err := f.format(name, text)
	if err != nil || formatted == nil {
		return err
	}
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	if f.within != "" && !f.check && !f.diff && !bytes.Equal(text, formatted) {
		if err := inside(f.within, target); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if done, err := f.show(name, text, formatted); done || err != nil {
		return err
	}
	return generate.ReplaceFile(target, text, formatted)
}

// readSource reads a regular file: to wait for a pipe, or to replace it, makes no sense.
func readSource(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := model.ReadText(file)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return text, err
}

// format returns nil if the text does not parse; the reason has been printed.
func (f *formatter) format(name string, text []byte) ([]byte, error) {
	formatted, loaded := model.Format(name, text)
	f.invalid = f.invalid || formatted == nil
	return formatted, loaded.WriteText(f.err, f.err.color, 100)
}

// inside refuses a file that is not below the directory.
func inside(dir, file string) error {
	var paths [2]string
	for i, path := range []string{dir, file} {
		path, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		if paths[i], err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	if rel, err := filepath.Rel(paths[0], paths[1]); err != nil || !filepath.IsLocal(rel) {
		return fmt.Errorf("a link that leads out of %s; format the file that it points to", dir)
	}
	return nil
}
