package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/model"
)

func newValidate(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate [SPEC]",
		Short: "Read and check a specification",
		Long: `Validate reads a specification and reports everything that is wrong with it, each problem with its source line and
what to do about it. It writes nothing.

SPEC is a directory, of which all *.bartizan.hcl and *.bartizan.json files are read as one specification, one such file,
or - for standard input, which is JSON if it begins with { or [; what it names with file() is sought in the current
directory. The default is the current directory.

Variables are set, later ones winning, by BARTIZAN_VAR_name in the environment, by files *.auto.vars.hcl and
*.auto.vars.json beside the specification, by --var-file, by --var.

--format json prints an object in the shape of "terraform validate -json": valid, error_count, warning_count, and
diagnostics with severity, summary, detail, range and snippet; also code (the summary as one word), address (of the block
or attribute), suggestion (the name that was probably meant), and remedy (text to add to the specification).`,
		Example: `  bartizan validate examples/online-boutique --today 2026-11-21
  bartizan validate --var-file production.vars.hcl
  make-spec | bartizan validate - --format json`,
		Args: cobra.MaximumNArgs(1),
	}
	var flags specFlags
	flags.add(cmd)
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		o, err := flags.options(s)
		if err != nil {
			return err
		}
		loaded := model.Load(specPath(args), o)
		if format.value == "json" {
			err = loaded.WriteJSON(s.out)
		} else {
			err = printValidation(s, loaded)
		}
		if err == nil && loaded.HasErrors() {
			err = errInvalid
		}
		return err
	}
	return cmd
}

func printValidation(s *streams, loaded *model.Loaded) error {
	if err := loaded.WriteText(s.err, s.err.color, 100); err != nil {
		return err
	}
	if loaded.HasErrors() {
		return nil
	}
	s.out.line(s.out.in(green, "The specification is valid.") + " " + describe(loaded.Spec))
	return nil
}

// describe counts what a specification holds, in one line.
func describe(spec *model.Spec) string {
	var pools, namespaces, workloads int
	for _, c := range spec.Clusters {
		pools += len(c.NodePools)
		namespaces += len(c.Namespaces)
		workloads += len(c.Workloads())
	}
	text := fmt.Sprintf("%s, %s, %s, %s", count(len(spec.Clusters), "cluster"), count(pools, "node pool"),
		count(namespaces, "namespace"), count(workloads, "workload"))
	if n := len(spec.Weakenings); n > 0 {
		text += fmt.Sprintf("; %s under %s", count(n, "weakening"), count(len(spec.Exceptions), "exception"))
	}
	return text + "."
}
