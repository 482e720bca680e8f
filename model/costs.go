package model

import (
	"math"
	"regexp/syntax"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// costs are the functions that take more time or memory than their arguments and results show, with what they are
// charged before they run. All others are charged by what goes in and comes out.
var costs = map[string]func(m *meter, args []cty.Value){
	"contains": func(m *meter, args []cty.Value) { m.weigh(args[0], compared, seenBytes, 0) },
	"index":    func(m *meter, args []cty.Value) { m.weigh(args[0], compared, seenBytes, 0) },
	"distinct": pairs, "toset": pairs, "setunion": pairs, "setintersection": pairs, "setsubtract": pairs,
	"setproduct": func(m *meter, args []cty.Value) {
		n := 1
		for _, a := range args {
			m.chargeProduct(n, length(a))
			n *= length(a)
		}
		m.chargeProduct(n, madeValue*len(args))
	},
	"format": formatCost,
	"formatlist": func(m *meter, args []cty.Value) {
		longest := 1
		for _, a := range args {
			longest = max(longest, length(a))
		}
		for range longest {
			formatCost(m, args)
		}
	},
	"replace": func(m *meter, args []cty.Value) {
		m.chargeProduct(strings.Count(textAt(args, 0), textAt(args, 1)), 1+len(textAt(args, 2))/madeBytes)
	},
	"indent": func(m *meter, args []cty.Value) {
		m.chargeProduct(1+strings.Count(textAt(args, 1), "\n"), numberAt(args, 0)/madeBytes)
	},
	"join": func(m *meter, args []cty.Value) {
		for _, a := range args[1:] {
			m.chargeProduct(length(a), 1+len(textAt(args, 0))/madeBytes)
		}
	},
	"split": func(m *meter, args []cty.Value) {
		m.chargeProduct(1+strings.Count(textAt(args, 1), textAt(args, 0)), madeValue)
	},
	"trim": func(m *meter, args []cty.Value) {
		m.chargeProduct(len(textAt(args, 0)), 1+len(textAt(args, 1))/64)
	},
	"strlen": characters, "strrev": characters, "substr": characters,
	"parseint": func(m *meter, args []cty.Value) {
		n := len(textAt(args, 0)) / 16
		m.chargeProduct(n, n)
	},
	"regex": regexCost, "regexall": regexCost,
	"csvdecode": func(m *meter, args []cty.Value) { m.charge(stepsEach * len(textAt(args, 0))) },
	"jsondecode": func(m *meter, args []cty.Value) {
		text := textAt(args, 0)
		m.charge(stepsEach * len(text)) // "[[],[],…"
		switch flaw := scanJSON([]byte(text), false); {
		case flaw == nil:
		case flaw.number:
			m.exceed(numberTooLong())
		default:
			m.exceed(nestedTooDeeply())
		}
	},
}

// charged returns the function with its cost, if it has one.
func charged(name string, f function.Function, m *meter) function.Function {
	cost := costs[name]
	if cost == nil {
		return f
	}
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) { // which may do the work already
			cost(m, args)
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

// pairs charges for comparing all elements with each other: so it is where elements of a set share a hash.
func pairs(m *meter, args []cty.Value) {
	n := 0
	for _, a := range args {
		n += length(a)
		m.weigh(a, compared, seenBytes, 0)
	}
	m.chargeProduct(n/4, n/4)
}

// characters charges for finding the characters in a text, each of which can be many code points.
func characters(m *meter, args []cty.Value) { m.charge(len(textAt(args, 0)) / 2) }

// formatCost charges for the widths in the format, and for each verb as if it wrote the longest of the arguments.
func formatCost(m *meter, args []cty.Value) {
	format, longest := textAt(args, 0), 0
	for _, a := range args[1:] {
		longest = max(longest, written(a))
	}
	m.chargeProduct(1+strings.Count(format, "%"), 1+longest/madeBytes)
	for i := 0; i < len(format); i++ {
		width := 0
		for ; i < len(format) && format[i] >= '0' && format[i] <= '9'; i++ {
			width = min(10*width+int(format[i]-'0'), math.MaxInt32)
		}
		m.charge(width / madeBytes)
	}
}

// written returns about how long a value is in text.
func written(v cty.Value) int {
	switch {
	case v.IsNull() || !v.IsKnown():
		return 4
	case v.Type() == cty.String:
		return len(v.AsString())
	case v.Type() == cty.Number:
		return maxBits
	case v.CanIterateElements():
		n := 2
		for it := v.ElementIterator(); it.Next(); {
			key, e := it.Element()
			n += written(e) + 1
			if key.Type() == cty.String && !v.Type().IsSetType() {
				n += written(key)
			}
		}
		return n
	}
	return 5
}

// regexCost charges for each instruction of the compiled expression at each byte of the text: Go's matching takes no
// more, but "((a{100}){10})" is short and has a thousand instructions.
func regexCost(m *meter, args []cty.Value) {
	pattern, text := textAt(args, 0), textAt(args, 1)
	m.charge(len(pattern))
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return // the function says so
	}
	program, err := syntax.Compile(re.Simplify())
	if err != nil {
		return
	}
	m.charge(4 * len(program.Inst))
	m.chargeProduct(len(program.Inst), 1+len(text)/16)
}

// textAt returns the argument if it is a known text.
func textAt(args []cty.Value, i int) string {
	if i >= len(args) || args[i].IsNull() || !args[i].IsKnown() || args[i].Type() != cty.String {
		return ""
	}
	return args[i].AsString()
}

// numberAt returns the argument if it is a known number, at least 0 and at most what charges more than there is.
func numberAt(args []cty.Value, i int) int {
	if i >= len(args) || args[i].IsNull() || !args[i].IsKnown() || args[i].Type() != cty.Number {
		return 0
	}
	n, _ := args[i].AsBigFloat().Int64()
	return int(min(max(n, 0), math.MaxInt32))
}

// length returns the number of elements of a known list, set, map or object.
func length(v cty.Value) int {
	if v.IsNull() || !v.IsKnown() || !v.CanIterateElements() {
		return 0
	}
	return v.LengthInt()
}
