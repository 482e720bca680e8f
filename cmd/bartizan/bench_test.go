package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// BenchmarkStages runs each stage over synthetic specifications and prints a table: time, memory allocated, and how
// both grow from one size to the next. Ten times the workloads should take about ten times as long. Run it by make
// bench; BARTIZAN_BENCH_SIZES=100,1000 chooses other sizes.
func BenchmarkStages(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as in the program, not as in the other tests
	sizes := []int{100, 1000, 10000}
	if s := os.Getenv("BARTIZAN_BENCH_SIZES"); s != "" {
		sizes = nil
		for word := range strings.SplitSeq(s, ",") {
			var n int
			if _, err := fmt.Sscan(word, &n); err != nil {
				b.Fatal(err)
			}
			sizes = append(sizes, n)
		}
	}
	for b.Loop() {
		var out bytes.Buffer
		w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(w, "workloads\tstage\ttime\tCPU\tgrowth\tallocated\tgrowth\t\n")
		before := map[string]stage{}
		for _, n := range sizes {
			now := measure(b, n)
			for _, s := range now {
				growthTime, growthMem := "", ""
				if old, ok := before[s.name]; ok {
					growthTime = fmt.Sprintf("×%.1f", float64(s.cpu)/float64(max(old.cpu, 1)))
					growthMem = fmt.Sprintf("×%.1f", float64(s.bytes)/float64(max(old.bytes, 1)))
				}
				before[s.name] = s
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d MB\t%s\t\n", n, s.name, s.time.Round(time.Millisecond), s.cpu.Round(time.Millisecond), growthTime, s.bytes>>20, growthMem)
			}
		}
		w.Flush()
		fmt.Fprintf(os.Stderr, "\n%s\n", out.String())
	}
}

// stage is what one stage took.
type stage struct {
	name  string
	time  time.Duration
	cpu   time.Duration // of all threads: what is left of a stage on a machine that does other things too
	bytes uint64
}

// cpuTime is what the process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// triplesUpTo is the most workloads for which triples are searched to the end: they grow with the square of the workloads.
const triplesUpTo = 1000

// measure runs all stages over a specification of n workloads.
func measure(b *testing.B, n int) []stage {
	b.Helper()
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.bartizan.hcl"), synthetic(b, n), 0o644); err != nil {
		b.Fatal(err)
	}
	var stages []stage
	run := func(name string, work func() error) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start, used := time.Now(), cpuTime()
		err := work()
		took := time.Since(start)
		used = cpuTime() - used
		if err != nil {
			b.Fatalf("%s of %d workloads: %v", name, n, err)
		}
		runtime.ReadMemStats(&after)
		fmt.Fprintf(os.Stderr, "%d workloads: %s took %s\n", n, name, took.Round(time.Millisecond))
		stages = append(stages, stage{name, took, used, after.TotalAlloc - before.TotalAlloc})
	}
	var (
		spec   *model.Spec
		set    *generate.Set
		files  map[string][]byte
		result *verify.Result
		graph  *threatmodel.Graph
	)
	run("load", func() error {
		loaded := model.Load(dir, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
		if loaded.HasErrors() {
			return fmt.Errorf("%.2000s", loaded.Text())
		}
		spec = loaded.Spec
		return nil
	})
	run("generate", func() (err error) {
		set, err = generate.Run(spec, slices.Clone(generate.All))
		return err
	})
	run("verify", func() error {
		files = set.Files()
		result = verify.Run(spec, files, verify.All)
		if missing := result.Unproved(set.Claims); len(missing) > 0 {
			return fmt.Errorf("%d claims are not proved, the first is %v", len(missing), missing[0])
		}
		return nil
	})
	run("build graph", func() error {
		graph = threatmodel.Build(spec)
		return nil
	})
	posture := model.NewPosture(result.Proved, spec.Attestations)
	analyse := func(o threatmodel.Options) func() error {
		return func() error {
			_, err := graph.Analyse(posture, o)
			return err
		}
	}
	run("analyse", analyse(threatmodel.Options{}))
	run("single faults of all assets", analyse(threatmodel.Options{Faults: 1}))
	run("blast radius", func() error {
		_, err := graph.BlastRadius(posture, threatmodel.Options{})
		return err
	})
	// Sets for one attacker and one critical asset, to the end.
	exact := threatmodel.Options{From: []string{"internet"}, To: []string{"cluster.main/secrets"}, Faults: 2, Budget: math.MaxInt}
	run("pairs, one asset", analyse(exact))
	if n <= triplesUpTo {
		exact.Faults = 3
		run("triples, one asset", analyse(exact))
	}
	out := filepath.Join(dir, "out")
	run("write", func() error {
		_, err := generate.Write(set, out, generate.WriteOptions{})
		return err
	})
	run("write nothing", func() error { // every file is right already
		_, err := generate.Write(set, out, generate.WriteOptions{})
		return err
	})
	return stages
}

// synthetic is the starter specification with n more workloads, 20 in each namespace; each calls the next one of its
// namespace, and the first of each namespace is published.
func synthetic(b *testing.B, n int) []byte {
	b.Helper()
	text, err := starter.ReadFile("starter/main.bartizan.hcl")
	if err != nil {
		b.Fatal(err)
	}
	const perNamespace = 20
	// The starter's networks are sized for a handful of nodes and pods; its quotas do not matter here.
	buf := bytes.NewBuffer(text)
	for i := range n {
		ns := i / perNamespace
		if i%perNamespace == 0 {
			fmt.Fprintf(buf, "\nnamespace \"ns-%d\" { owner = team.platform }\n", ns)
		}
		fmt.Fprintf(buf, "workload \"ns-%d\" \"app-%d\" {\n  image = \"registry.example.com/app-%d:v1\"\n  ports = { http = 8080 }\n", ns, i, i)
		if i%perNamespace == 0 {
			fmt.Fprintf(buf, "  expose \"app-%d.example.com\" {\n    via  = gateway.public\n    port = \"http\"\n  }\n", i)
		}
		if next := i + 1; next < n && next%perNamespace != 0 {
			fmt.Fprintf(buf, "  calls = [workload.ns-%d.app-%d.port.http]\n", ns, next)
		}
		fmt.Fprint(buf, "}\n")
	}
	return buf.Bytes()
}
