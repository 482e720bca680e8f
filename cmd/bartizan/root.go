package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit statuses, so that CI tells a finding from a breakage.
const (
	exitClean  = 0
	exitFound  = 1 // something was found: drift, an unproved control, a path above the threshold
	exitBroken = 2 // could not judge: invalid specification, wrong usage, the machine failed
)

// errFound ends a command whose result is a finding; it has been printed already. errInvalid ends one whose
// specification is invalid; the diagnostics have been printed already.
var (
	errFound   = errors.New("something was found")
	errInvalid = errors.New("the specification is invalid")
)

// execute runs the command line.
func execute(args []string, s *streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		err = s.out.fail
	}
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFound):
		return exitFound
	case !errors.Is(err, errInvalid):
		s.err.printf("%s: %v\n", s.err.in(red, "bartizan"), err)
	}
	return exitBroken
}

func newRoot(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "bartizan",
		Short: "Design the fortress before the siege",
		Long: `Bartizan reads the description of a Kubernetes cluster before the cluster exists. It writes everything that must be
configured for the cluster to be hard to attack, and a threat model of that very cluster: how an attacker could get in,
which file stops him at each step, and which ways are still open.

A first round:

    bartizan init                    write a starter specification
    bartizan validate                check it
    bartizan generate -o out         write the files
    bartizan threatmodel             see how it could be attacked

Exit status: 0 clean; 1 something was found; 2 Bartizan could not judge (invalid specification, wrong usage, the machine
failed). Results go to standard output, messages to standard error. Nothing is ever fetched from the network.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs, // so that RunE can suggest what was meant
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return fmt.Errorf("unknown command %q%s\nRun \"bartizan --help\" for the list of commands", args[0], suggest(args[0], commandNames(cmd)))
		},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveDefault)
	noColor := root.PersistentFlags().Bool("no-color", false, "print without colours, as the environment variable NO_COLOR does")
	root.PersistentPreRun = func(*cobra.Command, []string) {
		if *noColor {
			s.out.color, s.err.color = false, false
		}
	}
	root.AddGroup(
		&cobra.Group{ID: "spec", Title: "Write a specification:"},
		&cobra.Group{ID: "work", Title: "Generate and judge:"},
		&cobra.Group{ID: "learn", Title: "Look things up:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			c.Args = explained(c.Args)
			root.AddCommand(c)
		}
	}
	add("spec", newInit(s), newValidate(s), newFmt(s), newSchema(s))
	add("work", newGenerate(s), newThreatmodel(s), newVerify(s))
	add("learn", newExplain(s), newControls(s), newSteps(s), newReference(s), newVersion(s))
	root.SetHelpCommandGroupID("learn")
	root.SetCompletionCommandGroupID("learn")
	return root
}

// explained adds to a usage error where to read more.
func explained(args cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := args(cmd, given); err != nil {
			return fmt.Errorf("%w\nUsage: %s", err, cmd.UseLine())
		}
		return nil
	}
}

// flagError adds the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	hint := ""
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		hint = suggest("--"+unknown.GetSpecifiedName(), names)
	}
	return fmt.Errorf("%w%s\nRun %q for the flags of this command", err, hint, cmd.CommandPath()+" --help")
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

// suggest returns "; did you mean X?" with the nearest candidate, or "".
func suggest(word string, candidates []string) string {
	best, distance := "", len(word)/3+2
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if strings.EqualFold(word, c) {
			best, distance = c, 0
		}
		if d := levenshtein.Distance(word, c, nil); d < distance {
			best, distance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
