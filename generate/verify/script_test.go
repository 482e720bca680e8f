package verify

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScriptsThatHideAnExitStatusAreRefused(t *testing.T) {
	for _, script := range []string{
		"trivy image x || true", "trivy image x && echo", "! trivy image x", "trivy image x &", "if trivy; then :; fi",
		"set +e\ntrivy image x", "trap 'exit 0' ERR", "f() { :; }", "(trivy)", "while trivy; do :; done", "eval trivy",
		"PATH=/tmp:$PATH\ntrivy", "TRIVY_EXIT_CODE=0 trivy image x", "exit 0\ntrivy", "diff <(trivy) x", ". ./x",
		"case x in *) exit 0 ;; esac", "case x in *) exit 1; trivy ;; esac", "x=$(trivy || true)", `echo "$(trivy || true)"`, "trivy > $(a || b)",
		"time trivy", "[[ -f x ]]", "case $(trivy || true) in x) ;; esac", "case x in $(trivy || true)) ;; esac",
		"case x in x) echo y ;; esac > tool", "x=1 > tool", "> tool", "export PATH=/tmp", "declare PATH=/tmp", "a[0]=1",
	} {
		if got, err := readScript(script); err == nil {
			t.Errorf("%q is accepted: %v", script, got)
		}
	}
}

func TestScriptsAreReadAsCommands(t *testing.T) {
	got, err := readScript("case \"$IMAGE\" in\n  'a/'?*) ;;\n  *) echo no >&2; exit 1 ;;\nesac\nx=$(sha256sum < f | cut -c 1-64)\n\"$T/bin/trivy\" image --input 'a b' > out\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []command{
		{Args: []string{"echo", "no"}, Pipe: true, Output: []string{"&2"}},
		{Args: []string{"sha256sum"}, Pipe: true},
		{Args: []string{"cut", "-c", "1-64"}, Pipe: true},
		{Args: []string{`"$T/bin/trivy"`, "image", "--input", "a b"}, Output: []string{"out"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestFlagsAreReadStrictly(t *testing.T) {
	table := map[string]bool{"--exit-code": true, "--yes": false}
	for _, args := range [][]string{
		{"--exit-code", "1", "--exit-code", "0"}, {"--exit-code=1", "--exit-code=0"}, {"--other"}, {"--exit-code"}, {"--yes=false"}, {"-y"},
	} {
		if flags, _, err := readFlags(args, table); err == nil {
			t.Errorf("%q is accepted: %v", args, flags)
		}
	}
	flags, operands, err := readFlags([]string{"a", "--exit-code=1", "--yes", "b"}, table)
	if err != nil || flags["--exit-code"] != "1" || len(operands) != 2 {
		t.Errorf("got %v, %v, %v", flags, operands, err)
	}
}
