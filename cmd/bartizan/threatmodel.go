package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
	"github.com/bartizan-dev/bartizan/threatmodel/render"
)

// threatmodelLock is the name of the lock files beside drawings: they may stand in the directory of the summary, which
// generate owns.
const threatmodelLock = ".bartizan-threatmodel.lock"

// threatmodelFlags are the arguments of threatmodel.
type threatmodelFlags struct {
	spec    specFlags
	dir     string
	formats []string
	options threatmodel.Options
	without []string
	before  bool
	blast   bool
	force   bool
	at      string
	compare string
	failOn  *choice
}

func newThreatmodel(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "threatmodel [SPEC]",
		Short: "Show how the cluster could be attacked, and what stops it where",
		Long: `Threatmodel analyses the cluster of a specification under the files that generate would write: who could reach what,
by which steps, which control in which file blocks a step, and what would close a way that is still open.

Only controls that are proved from the bytes of the generated files count; with --trust-attested those that people
attest count too. Results are possibilities relative to the catalogue of steps ("bartizan steps"), not probabilities.

Without -o the report is printed. With -o reports and drawings are written to a directory: an overview, and for each
asset the story of the attack that comes nearest.

Fault tolerance is how many faults must coincide: a wrong file, an unknown vulnerability, a theft. Single faults are
always searched to the end. The invariants of the specification are judged; one that does not hold gives exit status 1.`,
		Example: `  bartizan threatmodel -o out/threatmodel
  bartizan threatmodel --from internet --to asset.carts --format svg > carts.svg
  bartizan threatmodel --assume-breach workload.shop.frontend
  bartizan threatmodel --blast-radius
  bartizan threatmodel --without default-deny@namespace.shop
  bartizan threatmodel --at 2027-06-30 --trust-attested
  bartizan threatmodel --compare ../main/spec`,
		Args: cobra.MaximumNArgs(1),
	}
	f := threatmodelFlags{failOn: &choice{value: "never", allowed: []string{"never", "open", "faults", "single"}}}
	f.spec.add(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.dir, "output", "o", "", "`directory` for reports and drawings, made if it does not exist")
	flags.StringSliceVar(&f.formats, "format", nil, "`formats`, with commas: "+strings.Join(reportFormats, ", ")+" (default: text; with -o: markdown, dot and svg)")
	flags.StringSliceVar(&f.options.From, "from", nil, "`attackers` or positions to start from (default: all attackers)")
	flags.StringSliceVar(&f.options.To, "to", nil, "`positions` to reach, such as asset.carts (default: all assets)")
	flags.StringSliceVar(&f.options.AssumeBreach, "assume-breach", nil, "`positions` that the attacker holds from the start")
	flags.BoolVar(&f.blast, "blast-radius", false, "print for each position what falls with it, the greatest damage first: text, json or markdown")
	flags.StringArrayVar(&f.options.AssumeFaults, "assume-fault", nil, "treat a `fault` as having happened, by its id in a report: F:FILE, V:…, T:… or B:…; may be repeated")
	flags.StringArrayVar(&f.without, "without", nil, "treat a control as down: `CONTROL[@SUBJECT]`; may be repeated")
	flags.BoolVar(&f.options.TrustAttested, "trust-attested", false, "count controls that people attest as blocking")
	flags.StringVar(&f.at, "at", "", "analyse as of a later `date`, YYYY-MM-DD: exceptions have ended, and attestations whose review is overdue are not believed")
	flags.StringVar(&f.compare, "compare", "", "compare with an older `specification`: which attackers come nearer, which are kept further off; exit 1 if one comes nearer")
	flags.IntVar(&f.options.Faults, "faults", 3, "search sets of up to so many `faults` that must coincide, 1 to 3")
	flags.IntVar(&f.options.Budget, "budget", 0, "look at so many combinations of faults in all (default 40 million); what is beyond is a labelled lower bound")
	flags.BoolVar(&f.before, "before", false, "analyse the cluster without the generated files: what Kubernetes and kubeadm do by themselves")
	flags.Var(f.failOn, "fail-on", "exit 1 if an asset is open today (`LEVEL` open), also after unknown faults (faults), or after a single fault (single)")
	flags.BoolVar(&f.force, "force", false, "overwrite drawings that somebody edited, and files that are in the way")
	_ = cmd.MarkFlagDirname("output")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(toCompletions(reportFormats), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(toCompletions(f.failOn.allowed), cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(_ *cobra.Command, args []string) error { return runThreatmodel(s, &f, args) }
	return cmd
}

func runThreatmodel(s *streams, f *threatmodelFlags, args []string) error {
	if err := f.complete(); err != nil {
		return err
	}
	spec, err := f.spec.load(s, args, nil)
	if err != nil {
		return err
	}
	if f.blast {
		return f.printBlast(s, spec)
	}
	report, err := f.analyse(spec, s.now())
	if err != nil {
		return err
	}
	if f.compare != "" {
		old, err := f.spec.load(s, []string{f.compare}, nil)
		if err != nil {
			return err
		}
		before, err := f.analyse(old, s.now())
		if err != nil {
			return fmt.Errorf("%s: %w", f.compare, err)
		}
		return printComparison(s, f.formats[0], threatmodel.Compare(before, report))
	}
	report.Asked = f.asked(args)
	title := reportTitle(spec)
	if f.before {
		title += ", without the generated files"
	}
	if f.dir == "" {
		err = printReport(s, f.formats[0], title, report)
	} else {
		err = writeReports(s, f, title, report)
	}
	broken := slices.ContainsFunc(report.Invariants, func(j *threatmodel.Judgement) bool { return !j.Holds })
	if err == nil && (broken || failed(f.failOn.value, report)) {
		err = errFound
	}
	return err
}

// analyse answers the questions of the flags for one specification.
func (f *threatmodelFlags) analyse(spec *model.Spec, now time.Time) (*threatmodel.Report, error) {
	posture, err := f.posture(spec, now)
	if err != nil {
		return nil, err
	}
	day := f.day(now)
	graph := threatmodel.Build(spec)
	report, err := graph.Analyse(posture, f.options)
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, f.hint(graph, err))
	}
	report.Risks = threatmodel.Risks(spec, day)
	if len(f.options.From) == 0 && len(f.options.To) == 0 && len(f.options.AssumeBreach) == 0 {
		if report.Invariants, err = graph.Judge(posture, f.options); err == nil {
			report.Blast, err = graph.BlastRadius(posture, f.options)
		}
	}
	return report, err
}

// posture is what is known about the controls of the specification.
func (f *threatmodelFlags) posture(spec *model.Spec, now time.Time) (model.Posture, error) {
	if f.before {
		return threatmodel.Before(spec), nil
	}
	t, err := prove(spec)
	if err != nil {
		return nil, err
	}
	return model.NewPosture(t.result.Proved, threatmodel.StatedOn(spec.Attestations, f.day(now))), nil
}

// printBlast prints what falls with each position.
func (f *threatmodelFlags) printBlast(s *streams, spec *model.Spec) error {
	posture, err := f.posture(spec, s.now())
	if err != nil {
		return err
	}
	graph := threatmodel.Build(spec)
	all, err := graph.BlastRadius(posture, f.options)
	switch {
	case err != nil:
		return fmt.Errorf("%w%s", err, f.hint(graph, err))
	case f.formats[0] == "json":
		return s.out.json(all)
	case f.formats[0] == "markdown":
		return render.BlastMarkdown(s.out, reportTitle(spec), all)
	}
	return render.BlastText(s.out, all)
}

// asked are the arguments that a question about one attacker and one asset must repeat to be about the same.
func (f *threatmodelFlags) asked(args []string) []string {
	words := slices.Clone(args)
	add := func(flag string, values ...string) {
		for _, v := range values {
			words = append(words, flag, v)
		}
	}
	add("--var", f.spec.vars...)
	add("--var-file", f.spec.varFiles...)
	for _, x := range []struct{ flag, value string }{{"--today", f.spec.today}, {"--at", f.at}} {
		if x.value != "" {
			add(x.flag, x.value)
		}
	}
	for _, x := range []struct {
		flag string
		set  bool
	}{{"--before", f.before}, {"--trust-attested", f.options.TrustAttested}} {
		if x.set {
			words = append(words, x.flag)
		}
	}
	add("--assume-breach", f.options.AssumeBreach...)
	add("--assume-fault", f.options.AssumeFaults...)
	add("--without", f.without...)
	return words
}

// day is the day of the analysis; complete has checked the flags.
func (f *threatmodelFlags) day(now time.Time) time.Time {
	for _, text := range []string{f.at, f.spec.today} {
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return day
		}
	}
	y, m, d := now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// complete checks the flags and fills in their defaults.
func (f *threatmodelFlags) complete() error {
	for _, name := range f.formats {
		if !slices.Contains(reportFormats, name) {
			return fmt.Errorf("unknown format %q%s; there are %s", name, suggest(name, reportFormats), strings.Join(reportFormats, ", "))
		}
	}
	switch {
	case len(f.formats) == 0 && f.dir == "":
		f.formats = []string{"text"}
	case len(f.formats) == 0:
		f.formats = []string{"markdown", "dot", "svg"}
	case len(f.formats) > 1 && f.dir == "":
		return fmt.Errorf("several formats cannot all be printed: name a directory with -o, or one format")
	}
	if _, err := time.Parse(time.DateOnly, f.at); f.at != "" && err != nil {
		return fmt.Errorf("--at %q: write a date as YYYY-MM-DD", f.at)
	}
	if f.options.Faults < 1 || f.options.Faults > 3 {
		return fmt.Errorf("--faults %d: 1, 2 or 3 can be searched", f.options.Faults)
	}
	if f.options.Budget < 0 {
		return fmt.Errorf("--budget %d: write a number of combinations above 0", f.options.Budget)
	}
	if f.compare != "" && (f.dir != "" || f.formats[0] != "text" && f.formats[0] != "json") {
		return fmt.Errorf("--compare prints text or json: leave out -o and other formats")
	}
	if f.blast && (f.dir != "" || f.compare != "" || len(f.options.From)+len(f.options.AssumeBreach) > 0 || !slices.Contains([]string{"text", "json", "markdown"}, f.formats[0])) {
		return fmt.Errorf("--blast-radius starts at every position and prints text, json or markdown: leave out -o, --from, --assume-breach, --compare and other formats")
	}
	for _, w := range f.without {
		control, subject, _ := strings.Cut(w, "@")
		if model.LookupControl(model.ControlID(control)) == nil {
			return fmt.Errorf("--without %s: unknown control %q%s", w, control, suggest(control, controlIDs()))
		}
		f.options.Without = append(f.options.Without, threatmodel.Without{Control: model.ControlID(control), Subject: model.Address(subject)})
	}
	return nil
}

// hint names the attackers and positions that an unknown name, or its last part, may have meant.
func (f *threatmodelFlags) hint(g *threatmodel.Graph, err error) string {
	var names []string
	for _, p := range g.Profiles {
		names = append(names, p.ID)
	}
	for _, p := range g.Positions {
		names = append(names, p.ID)
	}
	for _, a := range g.Atoms {
		names = append(names, a.ID)
	}
	for _, name := range slices.Concat(f.options.From, f.options.To, f.options.AssumeBreach, f.options.AssumeFaults) {
		if strings.HasSuffix(err.Error(), fmt.Sprintf("%q", name)) {
			if hint := alike(name, names); hint != "" {
				return hint
			}
			return alike(name[strings.LastIndexByte(name, '.')+1:], names)
		}
	}
	return ""
}

// failed reports whether the report crosses the threshold.
func failed(level string, r *threatmodel.Report) bool {
	if level == "never" {
		return false
	}
	for _, e := range r.Entries {
		for _, a := range e.Assets {
			switch t := a.Tolerance; {
			case t.Answer == threatmodel.AnswerHeld: // nothing to defend
			case t.Answer == threatmodel.AnswerOpen, level == "faults" && a.Verdict == threatmodel.NeedsFaults, level == "single" && !t.AtLeast(2):
				return true
			}
		}
	}
	return false
}

func controlIDs() []string {
	var ids []string
	for _, c := range model.Controls {
		ids = append(ids, string(c.ID))
	}
	return ids
}

// writeReports writes the reports and drawings as a small tree of their own.
func writeReports(s *streams, f *threatmodelFlags, title string, report *threatmodel.Report) error {
	overview, err := render.FittedOverview(title, report)
	if err != nil {
		return err
	}
	set, err := reportSet(title, report, overview, f.formats)
	if err != nil {
		return err
	}
	done, err := generate.Write(set, f.dir, generate.WriteOptions{Force: f.force, Prune: true, Lock: threatmodelLock})
	if err != nil {
		return err
	}
	for _, c := range done.Refused {
		printChange(s.err, f.dir, c)
	}
	if len(done.Refused) > 0 {
		s.err.printf("%s: overwrite with --force.\n", s.err.in(red, "Nothing was written"))
		return errFound
	}
	s.out.printf("%s: %d written, %d unchanged, %d removed\n", f.dir, len(done.Written), done.Unchanged, len(done.Removed))
	s.out.line(verdicts(report))
	return nil
}

// verdicts counts how many faults the pairs of attacker and asset withstand, in one sentence.
func verdicts(r *threatmodel.Report) string {
	var open, single, more, none int
	for _, e := range r.Entries {
		for _, a := range e.Assets {
			switch t := a.Tolerance; {
			case t.Answer == threatmodel.AnswerHeld:
			case t.Answer == threatmodel.AnswerOpen:
				open++
			case t.Answer == threatmodel.AnswerNone:
				none++
			case t.AtLeast(2):
				more++
			default:
				single++
			}
		}
	}
	return fmt.Sprintf("%s, %s: of all pairs %d are open today, %d have a single point of failure, %d need two or more faults, %d have no modelled path.",
		count(len(r.Entries), "attacker"), count(len(r.Assets), "asset"), open, single, more, none)
}
