package model_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
)

// hostileInput is a specification that asks for more than a machine has, unless something stops it.
type hostileInput struct {
	name string
	text func() string
	vars map[string]string
	want string // the summary of an error
	long bool   // takes seconds
}

// long asks also for input that takes seconds to refuse.
var long = os.Getenv("BARTIZAN_TORTURE") != ""

// local writes a specification with one local, whose value is the expression.
func local(format string, args ...any) func() string {
	return func() string { return "locals {\n  a = " + fmt.Sprintf(format, args...) + "\n}\n" }
}

// times is a specification of a text many times, between two others.
func times(before, part string, n int, after string) func() string {
	return func() string { return before + strings.Repeat(part, n) + after }
}

// many writes n lines, each with its number.
func many(before, line string, n int, after string) func() string {
	return func() string {
		var b strings.Builder
		b.WriteString(before)
		for i := range n {
			fmt.Fprintf(&b, line, i, i+1)
		}
		return b.String() + after
	}
}

const (
	deep     = "Nested too deeply"
	tooMuch  = "Too much to evaluate"
	longText = "Text too long"
	tooBig   = "Too much text"
)

var hostileInputs = []hostileInput{
	// Nesting: Go ends a program whose stack takes a gigabyte.
	{name: "brackets", text: times("locals {\n a = ", "[", 300_000, ""), want: deep},
	{name: "parentheses", text: times("locals {\n a = ", "(", 300_000, ""), want: deep},
	{name: "braces", long: true, text: times("locals {\n a = ", "{a=", 300_000, ""), want: deep},
	{name: "templates", text: times("locals {\n a = ", `"${`, 300_000, ""), want: deep},
	{name: "here documents", long: true, text: times("locals {\n a = ", "<<A\n${", 300_000, ""), want: deep},
	{name: "directives", long: true, text: times("locals {\n a = \"", "%{if true}", 300_000, "\"\n}\n"), want: deep},
	{name: "directives in a here document", long: true, text: times("locals {\n a = <<A\n", "%{for a in b}\n", 200_000, "A\n}\n"), want: deep},
	{name: "blocks", text: times("", "workload \"a\" \"b\" {\n", 150_000, ""), want: deep},
	{name: "not", text: times("locals {\n a = ", "!", 300_000, "true\n}\n"), want: deep},
	{name: "minus", long: true, text: times("locals {\n a = ", "-", 300_000, "1\n}\n"), want: deep},
	{name: "sum", text: times("locals {\n a = 1", "+1", 300_000, "\n}\n"), want: deep},
	{name: "sum on lines", long: true, text: times("locals {\n a = (1", "\n+1", 300_000, ")\n}\n"), want: deep},
	{name: "sum in a for expression on lines", long: true, text: times("locals {\n a = {for k, v in {} : k => 1", "\n+1", 300_000, "}\n}\n"), want: deep},
	{name: "sum with comments", long: true, text: times("locals {\n a = 1", "+/**/1", 300_000, "\n}\n"), want: deep},
	{name: "conditions", long: true, text: times("locals {\n a = ", "true?1:", 300_000, "1\n}\n"), want: deep},
	{name: "indexes", long: true, text: times("locals {\n a = [1]", "[0]", 300_000, "\n}\n"), want: deep},
	{name: "computed indexes", long: true, text: times("locals {\n a = b", "[c]", 300_000, "\n}\n"), want: deep},
	{name: "splats", long: true, text: times("locals {\n a = [1]", "[*]", 300_000, "\n}\n"), want: deep},
	{name: "calls", long: true, text: times("locals {\n a = ", "abs(", 300_000, ""), want: deep},
	{name: "brackets that do not match", long: true, text: times("locals {\n a = ", "[)", 300_000, ""), want: deep},
	{name: "types", long: true, text: times("variable \"a\" {\n type = ", "list(", 300_000, ""), want: deep},
	{name: "lists in JSON", text: times(`{"locals":{"a":`, "[", 300_000, ""), want: deep},
	{name: "objects in JSON", text: times(`{"locals":{"a":`, `{"a":`, 300_000, ""), want: deep},
	{name: "brackets in JSON that do not match", long: true, text: times(`{"locals":{"a":`, "[}", 300_000, ""), want: deep},
	{name: "quotes in JSON that a character hides", text: times(`{"locals":{"a":["`+"\u0600"+`", "`, "[", 300_000, `"]}}`), want: deep},
	{name: "templates in JSON", long: true, text: times(`{"locals":{"a":"`, `${[`, 300_000, `"}}`), want: deep},
	{name: "types in JSON", long: true, text: times(`{"variable":{"a":{"type":"`, `list(`, 300_000, `"}}}`), want: deep},
	{name: "text that could be an expression", text: times("team \"a\" {\n description = \"", "(", 500_000, "\"\n}\n"), want: "Unknown attribute"},
	{name: "brackets in a variable", long: true, text: times("variable \"a\" {\n type = list(any)\n}", "\n", 1, ""), vars: map[string]string{"a": strings.Repeat("[", 1<<20)}, want: deep},
	{name: "long variable", text: times("variable \"a\" {\n type = string\n}", "\n", 1, ""), vars: map[string]string{"a": strings.Repeat("a", 1<<20+1)}, want: longText},
	{name: "jsondecode", text: local(`jsondecode("%s")`, strings.Repeat("[", 200_000)), want: deep},

	{name: "pieces of a text", long: true, text: times("locals {\n a = \"", "%a", 500_000, "\"\n}\n"), want: longText},
	{name: "lines of a here document", long: true, text: times("locals {\n a = <<A\n", "a\n", 500_000, "A\n}\n"), want: longText},
	{name: "pieces of a text in JSON", long: true, text: times(`{"locals":{"a":"`, "%a", 500_000, `"}}`), want: longText},
	{name: "as many pieces as there may be", long: true, text: times("locals {\n", "a = \""+strings.Repeat("%"+strings.Repeat("a", 520), 1_000)+"\"\n", 25, "}\n"), want: ""},
	{name: "syntax errors", long: true, text: times("", "=\n", 500_000, ""), want: ""},
	{name: "syntax errors in lists", long: true, text: times("a = [\n", "[,\n],\n", 150_000, ""), want: ""},
	{name: "syntax errors, nested", long: true, text: times("", strings.Repeat("a {\n", 150)+strings.Repeat("=\n", 1000)+strings.Repeat("}\n", 150), 300, ""), want: ""},

	// Size.
	{name: "as many words as there may be", long: true, text: times("locals {\n a = [", "1,", 995_000, "1]\n}\n"), want: ""},
	{name: "too many bytes", text: times("# ", "a", 16<<20, ""), want: tooBig},
	{name: "too many words", long: true, text: times("", "a=1\n", 1_000_000, ""), want: tooBig},
	{name: "too many words in JSON", text: times("[", "1,", 1_500_001, "1]"), want: tooBig},
	{name: "too many blocks", long: true, text: times("", "locals {}\n", 200_001, ""), want: "Too many blocks"},
	{name: "number of a million digits", text: local("%s", strings.Repeat("9", 1_000_000)), want: "Number too long"},
	{name: "number of a million digits in JSON", text: times(`{"locals":{"a":`, "9", 1_000_000, "}}"), want: "Number too long"},
	{name: "exponent", text: local(`"${1e999999999}"`), want: "Number too long"},
	{name: "small exponent", text: local(`"${1e-999999999}"`), want: "Number too long"},
	{name: "exponent in JSON", text: times(`{"locals":{"a":`, "1e999999999", 1, "}}"), want: "Number too long"},
	{name: "exponent in a text", text: local(`"${"1e999999999" + 1}"`), want: "Number out of range"},
	{name: "exponent in jsondecode", text: local(`jsondecode("[1e999999999]")`), want: "Number too long"},
	{name: "large exponent, never written", text: local(`"1e999999999" + 1`), want: "Number out of range"},
	{name: "squares", text: many("locals {\n a0 = 1e900\n", " a%[2]d = local.a%[1]d * local.a%[1]d\n", 40, "}\n"), want: "Number out of range"},

	// Evaluation.
	{name: "texts that double", text: many("locals {\n a0 = \"abcdefghij\"\n", " a%[2]d = \"${local.a%[1]d}${local.a%[1]d}\"\n", 60, "}\n"), want: longText},
	{name: "lists that double", long: true, text: many("locals {\n a0 = [1]\n", " a%[2]d = [local.a%[1]d, local.a%[1]d]\n", 60, "}\n"), want: tooMuch},
	{name: "lists that double, concatenated", long: true, text: many("locals {\n a0 = [1]\n", " a%[2]d = concat(local.a%[1]d, local.a%[1]d)\n", 60, "}\n"), want: tooMuch},
	{name: "objects that double", long: true, text: many("locals {\n a0 = {}\n", " a%[2]d = { x = local.a%[1]d, y = local.a%[1]d }\n", 60, "}\n"), want: tooMuch},
	{name: "chain", long: true, text: many("locals {\n a100000 = 1\n", " a%[1]d = local.a%[2]d\n", 100_000, "}\n"), want: "Chain too long"},
	{name: "circle", text: many("locals {\n a900 = local.a0\n", " a%[1]d = local.a%[2]d\n", 900, "}\n"), want: "Circular definition"},
	{name: "loops in loops", text: local("[for a in range(1000): [for b in range(1000): [for c in range(1000): a]]]"), want: tooMuch},
	{name: "loops in loops over a name", text: many("locals {\n l = range(1000)\n", " a = [for a in local.l: [for b in local.l: [for c in local.l: c]]]\n # %[1]d\n", 1, "}\n"), want: tooMuch},
	{name: "loops in loops in directives", long: true, text: local(`"%%{for a in range(1000)}%%{for b in range(1000)}%%{for c in range(1000)}x%%{endfor}%%{endfor}%%{endfor}"`), want: tooMuch},
	{name: "loops whose bodies fail", text: local("[for a in range(1000): [for b in range(1000): a.x]]"), want: tooMuch},
	{name: "loops over splats", long: true, text: local("[for a in range(1000): [for b in range(1000): range(1000)[*]]]"), want: tooMuch},
	{name: "a large body that is thrown away", text: local("[for a in range(1000): [for b in range(100): [%s][0]]]", strings.Repeat("1,", 10_000)), want: tooMuch},
	{name: "try in try", text: times("locals {\n a = ", "try(", 100, "1"+strings.Repeat(")", 100)+"\n}\n"), want: tooMuch},
	{name: "can in can", text: times("locals {\n a = ", "can(try(", 60, "1"+strings.Repeat("))", 60)+"\n}\n"), want: tooMuch},
	{name: "one text many times", long: true, text: times("locals {\n b = \""+strings.Repeat("b", 1<<20)+"\"\n a = \"", "${local.b}", 2_000, "\"\n}\n"), want: tooMuch},
	{name: "loops in the default of a type", text: func() string {
		l := "[" + strings.Repeat("1,", 1000) + "]"
		return "variable \"a\" {\n type = object({ a = optional(any, [for a in " + l + ": [for b in " + l + ": [for c in " + l + ": a]]]) })\n default = {}\n}\n"
	}, want: tooMuch},
	{name: "loops in the default of a variable", text: func() string {
		l := "[" + strings.Repeat("1,", 1000) + "]"
		return "variable \"a\" {\n default = [for a in " + l + ": [for b in " + l + ": [for c in " + l + ": a]]]\n}\n"
	}, want: tooMuch},
	{name: "setproduct", text: local("setproduct(range(1000), range(1000), range(1000), range(1000), range(1000))"), want: tooMuch},
	{name: "width", text: local(`format("%%1000000000d", 1)`), want: tooMuch},
	{name: "precision", text: local(`format("%%.1000000000f", 1)`), want: tooMuch},
	{name: "width that overflows", text: local(`format("%%99999999999999999999d", 1)`), want: tooMuch},
	{name: "width in try", text: local(`try(format("%%1000000000d", 1), "x")`), want: tooMuch},
	{name: "one argument in many verbs", text: local(`format("%s", "%s")`, strings.Repeat("%[1]s", 950), strings.Repeat("a", 500_000)), want: tooMuch},
	{name: "formatlist", text: local(`formatlist("%%10000000d", range(1000))`), want: tooMuch},
	{name: "indent", text: local(`indent(1000000000, "a\nb")`), want: tooMuch},
	{name: "indent by text", text: local(`indent("1000000000", "a\nb")`), want: tooMuch},
	{name: "replace", text: local(`replace("%s", "a", "%s")`, strings.Repeat("a", 500_000), strings.Repeat("b", 500_000)), want: tooMuch},
	{name: "replace nothing", text: local(`replace("%s", "", "%s")`, strings.Repeat("a", 500_000), strings.Repeat("b", 500_000)), want: tooMuch},
	{name: "join", text: local(`join("%s", [for i in range(1000): "a"])`, strings.Repeat("b", 500_000)), want: tooMuch},
	{name: "split", text: local(`split("", "%s")`, strings.Repeat("é", 500_000)), want: ""},
	{name: "regular expression of many steps", text: local(`regexall("((a{100}){10}b){1}", "%s")`, strings.Repeat("a", 1_000_000)), want: tooMuch},
	{name: "regular expression of many groups", text: local(`regexall("%s", "%s")`, strings.Repeat("()", 900), strings.Repeat("a", 1_000_000)), want: tooMuch},
	{name: "large regular expression", long: true, text: local(`regex("%s", "a")`, strings.Repeat("(a{1000})", 3000)), want: tooMuch},
	{name: "distinct", text: many("locals {\n l = [for i in range(1000): [for j in range(100): i * 100 + j]]\n", " a = distinct(flatten(local.l))\n # %[1]d\n", 1, "}\n"), want: tooMuch},
	{name: "trim", long: true, text: local(`trim("%s", "%s")`, strings.Repeat("é", 500_000), strings.Repeat("x", 500_000)+"é"), want: tooMuch},
	{name: "characters, again and again", long: true, text: many("locals {\n t = \""+strings.Repeat("é", 500_000)+"\"\n", " a%[1]d = strlen(local.t)\n", 2_000, "}\n"), want: tooMuch},
	{name: "parseint", text: local(`parseint("%s", 36)`, strings.Repeat("z", 1_000_000)), want: tooMuch},
	{name: "digits in a text", text: local(`"%s" + 1`, strings.Repeat("9", 1_000_000)), want: tooMuch},
	{name: "jsondecode again and again", long: true, text: many("locals {\n t = \"["+strings.Repeat("[],", 300_000)+"1]\"\n", " a%[1]d = jsondecode(local.t)\n", 200, "}\n"), want: tooMuch},
	{name: "csvdecode again and again", long: true, text: many("locals {\n t = \"a\\n"+strings.Repeat(`b\n`, 300_000)+"\"\n", " a%[1]d = csvdecode(local.t)\n", 200, "}\n"), want: tooMuch},
	{name: "for_each of many blocks", long: true, text: many("", "namespace \"n%[1]d\" {\n for_each = { for i in range(1000) : \"k${i}\" => i }\n owner = \"x\"\n}\n", 300, ""), want: "Too many blocks"},
	{name: "equal lists", long: true, text: many("locals {\n a0 = [1]\n", " a%[2]d = [local.a%[1]d, local.a%[1]d]\n", 16, " b = [for i in range(1000): local.a16 == local.a16]\n}\n"), want: tooMuch},
	{name: "conditions on large values", long: true, text: many("locals {\n a0 = [1]\n", " a%[2]d = [local.a%[1]d, local.a%[1]d]\n", 14, " b = [for i in range(1000): true ? local.a14 : [local.a13, local.a13, 1]]\n}\n"), want: tooMuch},
	{name: "conversion of many types", long: true, text: local("[for i in range(1000): tolist([for j in range(1000): { \"a${j}\" = j }])]"), want: ""},
	{name: "merge", long: true, text: local("[for i in range(1000): merge([for j in range(1000): { \"a${j}\" = j }]...)]"), want: tooMuch},
	{name: "problems without end", long: true, text: many("", "x%[1]d \"a\" {\n}\n", 100_000, ""), want: "Too many problems"},
	{name: "problems in one line", long: true, text: func() string {
		return "locals { a = [" + strings.Repeat("local.b, ", 150_000) + "1] }\n"
	}, want: ""},
	{name: "unknown names among many", long: true, text: many("locals {\n", " abcdefghij%[1]d = local.abcdefghijk%[1]d\n", 100_000, "}\n"), want: "Too many problems"},
}

// Whatever a specification asks for, Load answers within its bounds, and says which one was passed.
func TestHostileInput(t *testing.T) {
	var longest time.Duration
	var most uint64
	count := 0
	for _, c := range hostileInputs {
		t.Run(c.name, func(t *testing.T) {
			if c.long && !long {
				t.Skip("only in make torture")
			}
			text := c.text()
			var l *model.Loaded
			runtime.GC()
			took, peak := torture.Held(t, func() {
				l = model.Load("-", model.Options{Today: today, Stdin: strings.NewReader(text), Vars: c.vars})
				if n := len(l.Text()); n > 4<<20 {
					t.Errorf("%d bytes of diagnostics", n)
				}
			})
			count++
			longest, most = max(longest, took), max(most, peak)
			t.Logf("%d KiB: %s, %d MiB", len(text)>>10, took.Round(time.Millisecond), peak>>20)
			found := map[string]int{}
			for _, d := range l.Diagnostics {
				found[d.Summary]++
			}
			if c.want != "" && found[c.want] == 0 {
				t.Errorf("want %q, got %v", c.want, found)
			}
			if text := l.Text(); strings.Contains(text, "panic") || strings.Contains(text, "goroutine") {
				t.Errorf("a panic in the text:\n%.2000s", text)
			}
		})
	}
	t.Logf("torture: %d hostile inputs, each at most %s of CPU and %d MiB of memory", count, longest.Round(time.Millisecond), most>>20)
}
