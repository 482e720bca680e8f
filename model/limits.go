package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Limit is a bound on what a specification may hold or ask for. The bounds are far above what people write, and low
// enough that no input takes the machine with it: [Load] ends within them on anything.
type Limit struct {
	Name string // as in "The most is NAME"
	Most int
	Unit string // "bytes", which are printed as MiB, or a noun in the plural; "" where the name says it
	Doc  string // what is counted, and why
}

// String writes the bound with its unit: 16 MiB, 1,000 files.
func (b *Limit) String() string {
	if b.Unit == "bytes" && b.Most%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", b.Most>>20)
	}
	return strings.TrimSpace(thousands(b.Most) + " " + b.Unit)
}

// thousands writes a number with a comma before each three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

var (
	limitFiles  = &Limit{"files", 1_000, "files", "files of one specification, those that set variables counted too"}
	limitSource = &Limit{"text", 16 << 20, "bytes", "all these files together, and standard input"}
	limitWords  = &Limit{"words and signs", 2_000_000, "words and signs", "in all files: each takes some hundred bytes of memory when a file is parsed"}
	limitDepth  = &Limit{"nesting", 200, "levels", "brackets, braces, parentheses, templates and blocks inside each other, and operators in one expression: the parser needs stack for each"}
	limitDigits = &Limit{"number", 100, "digits", "in a number as written; its exponent has at most three"}
	limitText   = &Limit{"one text", 1 << 20, "bytes", "a file that file() reads, a variable from outside, what an expression makes: Kubernetes takes no larger object"}
	limitPieces = &Limit{"lines of one text", 2_000, "lines and parts", "of a text in a specification: lines, \"${…}\", and what stands between. A longer one belongs into a file of its own"}
	limitChain  = &Limit{"chain", 1_000, "values", "locals, profiles and keys of for_each, each of which needs the next"}
	limitKeys   = &Limit{"keys", 2_000, "keys", "of one for_each"}
	limitBlocks = &Limit{"blocks", 200_000, "blocks", "with those inside others, after for_each and profiles"}
	limitSteps  = &Limit{"one expression", 2_000_000, "steps", "for one expression: about one for each value looked at, four for each value and for sixteen bytes of text made"}
	limitWork   = &Limit{"all expressions", 32_000_000, "steps", "for all expressions together"}
	limitErrors = &Limit{"problems", 500, "problems", "that are reported in one run"}
)

// InputLimits are all bounds, in the order of reading.
var InputLimits = []*Limit{
	limitFiles, limitSource, limitWords, limitDepth, limitDigits, limitText, limitPieces, limitChain, limitKeys, limitBlocks, limitSteps, limitWork, limitErrors,
}

// stopped is what ends a Load early; see stop.
type stopped struct{}

// stop reports a problem after which nothing more is read. It does not return.
func (l *loader) stop(at hcl.Range, summary, format string, args ...any) {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, quotable(args)...)}
	if at.Filename != "" {
		d.Subject = &at
	}
	l.diags = append(l.diags, d)
	panic(stopped{})
}

// orStop runs a part of the loading, which stop may end.
func (l *loader) orStop(part func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(stopped); !ok {
				panic(r)
			}
		}
	}()
	part()
}

// countBlock counts a block that was read or made.
func (l *loader) countBlock(at hcl.Range) {
	if l.blocks++; l.blocks > limitBlocks.Most {
		l.stop(at, "Too many blocks", "Here the specification has more than %s, those of for_each and profiles counted. Divide it, or repeat less.", limitBlocks)
	}
}

// deeper counts a value whose evaluation needs another one; the function returned ends it. It reports a chain that is
// too long: each link takes a part of the stack, of which there is only so much.
func (l *loader) deeper(at hcl.Range) (done func(), ok bool) {
	if l.chain >= limitChain.Most {
		if l.tooLong {
			return nil, false
		}
		l.tooLong = true
		l.errorf(at, "Chain too long", "More than %s lead here, each of which needs the next. Shorten the chain.", limitChain)
		return nil, false
	}
	l.chain++
	return func() { l.chain-- }, true
}

// at makes a diagnostic of what was exceeded.
func (e *exceeded) at(r hcl.Range) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: e.summary, Detail: e.detail, Subject: &r}}
}
