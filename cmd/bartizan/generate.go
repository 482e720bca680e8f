package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// generateFlags are the arguments of generate.
type generateFlags struct {
	spec             specFlags
	dir              string
	check, diff      bool
	prune, force     bool
	acceptExpired    bool
	unresolvedImages bool
	format           *choice
}

func newGenerate(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "generate [SPEC] -o DIR",
		Short: "Write the files that harden the cluster",
		Long: `Generate writes the complete tree of files for a specification: control plane and kubelets, nodes, access for
people, manifests, pipelines, documents. The tree is made to be committed: the same specification gives the same bytes.
Before anything is written, every control that the files claim is proved from their bytes.

A lock file in each directory remembers what Bartizan wrote. A file that somebody edited, or that is not Bartizan's, is
never overwritten without --force, and a file that is no longer generated is never removed without --prune: they are
named, and the exit status is 1. Writing is all or nothing.

SPEC is a directory, a file, or - for standard input; the default is the current directory.`,
		Example: `  bartizan generate examples/online-boutique -o out --unresolved-images
  bartizan generate -o out --check        # in CI: exit 1 if out is not what the specification says`,
		Args: cobra.MaximumNArgs(1),
	}
	var f generateFlags
	f.spec.add(cmd)
	cmd.Flags().StringVarP(&f.dir, "output", "o", "", "`directory` of the tree, made if it does not exist")
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing, name what differs, exit 1 if anything does")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "write nothing, show what differs as a unified diff, exit 1 if anything does")
	cmd.Flags().BoolVar(&f.prune, "prune", false, "remove files of Bartizan's that are no longer generated")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite files that somebody edited or made; with --prune, remove edited ones too")
	cmd.Flags().BoolVar(&f.acceptExpired, "accept-expired", false, "go on although an exception has expired, so that a cluster can be rebuilt at night")
	cmd.Flags().BoolVar(&f.unresolvedImages, "unresolved-images", false, "go on although images have no digest in images.bartizan.json")
	cmd.MarkFlagsMutuallyExclusive("check", "diff")
	_ = cmd.MarkFlagDirname("output")
	f.format = formatFlag(cmd, "text", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error { return runGenerate(s, &f, args) }
	return cmd
}

func runGenerate(s *streams, f *generateFlags, args []string) error {
	if f.dir == "" {
		return errors.New("no output directory: name the directory of the tree with -o DIR")
	}
	spec, err := f.spec.load(s, args, func(o *model.Options) { o.AcceptExpired = f.acceptExpired })
	if err != nil {
		return err
	}
	if images := unresolved(spec); len(images) > 0 && !f.unresolvedImages {
		return fmt.Errorf("%s no digest in images.bartizan.json, so nobody could say what will run:\n  %s\n"+
			"Let the pipeline write that file, or go on with --unresolved-images", have(len(images), "image"), strings.Join(images, "\n  "))
	}
	t, err := newTree(spec)
	if err != nil {
		return err
	}
	o := generate.WriteOptions{Force: f.force, Prune: f.prune}
	if f.check || f.diff {
		return compareTree(s, f, t, o)
	}
	report, err := generate.Write(t.set, f.dir, o)
	if err != nil {
		return err
	}
	if f.format.value == "json" {
		err = s.out.json(newGenerated(t, report))
	} else {
		printGenerated(s, f, t, report, specPath(args))
	}
	if err == nil && len(report.Refused)+len(report.Stale) > 0 {
		err = errFound
	}
	return err
}

func have(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " has"
	}
	return count(n, noun) + " have"
}

// compareTree is generate --check and --diff.
func compareTree(s *streams, f *generateFlags, t *tree, o generate.WriteOptions) error {
	changes, err := generate.Compare(t.set, f.dir, o)
	if err != nil {
		return err
	}
	switch {
	case f.format.value == "json":
		if changes == nil {
			changes = []generate.Change{}
		}
		err = s.out.json(map[string]any{"changes": changes})
	case f.diff:
		err = generate.Diff(s.out, changes)
		for _, c := range changes {
			if c.Kind == generate.Blocked || c.Kind == generate.Leftover || c.Kind == generate.Rescued {
				printChange(s.err, f.dir, c)
			}
		}
	default:
		for _, c := range changes {
			printChange(s.out, f.dir, c)
		}
		if len(changes) == 0 {
			s.out.printf("%s is what the specification says (%s).\n", f.dir, count(len(t.set.Artifacts), "file"))
		} else {
			s.err.printf("%s of %d not as the specification says. \"bartizan generate\" without --check writes them.\n", count(len(changes), "file"), len(t.set.Artifacts))
		}
	}
	if err == nil && len(changes) > 0 {
		err = errFound
	}
	return err
}

// kindText says in a few words how a file differs, and how loud.
var kindText = map[generate.Kind]struct {
	text  string
	style style
}{
	generate.Missing:     {"missing", yellow},
	generate.Outdated:    {"would change", yellow},
	generate.Edited:      {"edited by hand", red},
	generate.Foreign:     {"not Bartizan's", red},
	generate.Blocked:     {"something else in the way", red},
	generate.Stale:       {"no longer generated", yellow},
	generate.StaleEdited: {"no longer generated, edited by hand", red},
	generate.Leftover:    {"left over from an interrupted run", yellow},
	generate.Rescued:     {"a hand edit, kept by an interrupted run: put it where it belongs, then remove this file", red},
}

func printChange(p *printer, dir string, c generate.Change) {
	k := kindText[c.Kind]
	p.printf("%s: %s\n", printable(filepath.Join(dir, c.Path)), p.in(k.style, k.text))
}

// printGenerated is the summary after generate.
func printGenerated(s *streams, f *generateFlags, t *tree, r *generate.Report, spec string) {
	for _, c := range append(r.Refused, r.Stale...) {
		printChange(s.err, f.dir, c)
	}
	if len(r.Refused) > 0 {
		s.err.printf("%s. %s would be lost or stand in the way.\n", s.err.in(red, "Nothing was written"), count(len(r.Refused), "file"))
		s.err.line("See what differs with --diff; overwrite with --force; what is neither file of yours nor wanted, move away.")
		return
	}
	s.out.printf("%s: %d written, %d unchanged", f.dir, len(r.Written), r.Unchanged)
	if len(r.Removed) > 0 {
		s.out.printf(", %d removed", len(r.Removed))
	}
	s.out.printf("\n%s proved from their bytes, %d claimed, 0 unproved", count(holds(t.result.Proved), "control"), holds(t.set.Claims))
	if n := len(t.spec.Attestations); n > 0 {
		s.out.printf("; %s", count(n, "attestation"))
	}
	s.out.printf("\n%s under %s\n", count(len(t.spec.Weakenings), "weakening"), count(len(t.spec.Exceptions), "exception"))
	if len(r.Stale) > 0 {
		s.err.printf("%s no longer generated and still there: remove with --prune.\n", count(len(r.Stale), "file"))
	}
	variables := ""
	if in := t.spec.Inputs; len(in.VarFiles)+len(in.Vars) > 0 {
		variables = " with the same variables"
	}
	s.out.printf("Next: read %s, then run \"bartizan threatmodel %s\"%s.\n", filepath.Join(f.dir, "README.md"), spec, variables)
}

// generated is the summary for machines.
type generated struct {
	Written    []string          `json:"written"`
	Removed    []string          `json:"removed"`
	Unchanged  int               `json:"unchanged"`
	Stale      []generate.Change `json:"stale"`   // no longer generated, left
	Refused    []generate.Change `json:"refused"` // why nothing was written
	Claimed    int               `json:"controls_claimed"`
	Proved     int               `json:"controls_proved"`
	Attested   int               `json:"attestations"`
	Weakenings int               `json:"weakenings"`
	Exceptions int               `json:"exceptions"`
}

func newGenerated(t *tree, r *generate.Report) generated {
	return generated{
		Written: list(r.Written), Removed: list(r.Removed), Unchanged: r.Unchanged, Stale: list(r.Stale), Refused: list(r.Refused),
		Claimed: holds(t.set.Claims), Proved: holds(t.result.Proved), Attested: len(t.spec.Attestations),
		Weakenings: len(t.spec.Weakenings), Exceptions: len(t.spec.Exceptions),
	}
}

// list makes an empty list of a nil one: JSON's null is for what is unknown.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
