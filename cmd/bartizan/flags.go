package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/model"
)

// specFlags are the flags of every command that reads a specification.
type specFlags struct {
	vars     []string
	varFiles []string
	today    string
}

func (f *specFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.vars, "var", nil, "set a variable of the specification: `name=value`; may be repeated")
	cmd.Flags().StringArrayVar(&f.varFiles, "var-file", nil, "read variables from a `file`; may be repeated, later ones win")
	cmd.Flags().StringVar(&f.today, "today", "", "judge exceptions and attestations on this `date`, YYYY-MM-DD (default: the current date)")
	_ = cmd.RegisterFlagCompletionFunc("today", cobra.NoFileCompletions)
	_ = cmd.RegisterFlagCompletionFunc("var", cobra.NoFileCompletions)
}

// options turns the flags into what model.Load needs.
func (f *specFlags) options(s *streams) (model.Options, error) {
	o := model.Options{Vars: map[string]string{}, VarFiles: f.varFiles, Environ: s.environ, Stdin: s.in}
	for _, v := range f.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return o, fmt.Errorf("--var %q: write name=value", v)
		}
		o.Vars[name] = value
	}
	if f.today == "" {
		y, m, d := s.now().Date()
		o.Today = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		return o, nil
	}
	today, err := time.Parse(time.DateOnly, f.today)
	if err != nil {
		return o, fmt.Errorf("--today %q: write a date as YYYY-MM-DD", f.today)
	}
	o.Today = today
	return o, nil
}

// load reads the specification that the arguments name and prints its diagnostics. The specification is nil only with
// an error.
func (f *specFlags) load(s *streams, args []string, change func(*model.Options)) (*model.Spec, error) {
	o, err := f.options(s)
	if err != nil {
		return nil, err
	}
	if change != nil {
		change(&o)
	}
	loaded := model.Load(specPath(args), o)
	if err := loaded.WriteText(s.err, s.err.color, 100); err != nil {
		return nil, err
	}
	if loaded.HasErrors() {
		return nil, errInvalid
	}
	return loaded.Spec, nil
}

func specPath(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// choice is a flag that takes one of a few values.
type choice struct {
	value   string
	allowed []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return "format" }

func (c *choice) Set(v string) error {
	if !slices.Contains(c.allowed, v) {
		return fmt.Errorf("one of %s%s", strings.Join(c.allowed, ", "), suggest(v, c.allowed))
	}
	c.value = v
	return nil
}

// formatFlag adds --format; the first value is the default.
func formatFlag(cmd *cobra.Command, allowed ...string) *choice {
	c := &choice{value: allowed[0], allowed: allowed}
	cmd.Flags().Var(c, "format", "print as "+strings.Join(allowed, " or "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(toCompletions(allowed), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func toCompletions(values []string) []cobra.Completion {
	all := make([]cobra.Completion, len(values))
	for i, v := range values {
		all[i] = cobra.Completion(v)
	}
	return all
}
