package model

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// pureFunctions are those of the language whose result depends on their arguments only, named as Terraform names them.
// There is no clock and no chance among them: the same specification must always mean the same.
var pureFunctions = map[string]function.Function{
	"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc,
	"max": stdlib.MaxFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc,
	"signum": stdlib.SignumFunc,

	"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc,
	"indent": stdlib.IndentFunc, "join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc,
	"regexall": stdlib.RegexAllFunc, "replace": stdlib.ReplaceFunc, "split": stdlib.SplitFunc,
	"strlen": stdlib.StrlenFunc, "strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc,
	"trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc,
	"trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,
	"startswith": textTest(strings.HasPrefix), "endswith": textTest(strings.HasSuffix),

	"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
	"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
	"distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc,
	"index": stdlib.IndexFunc, "keys": stdlib.KeysFunc, "length": stdlib.LengthFunc, "lookup": stdlib.LookupFunc,
	"merge": stdlib.MergeFunc, "range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc,
	"setintersection": stdlib.SetIntersectionFunc, "setproduct": stdlib.SetProductFunc,
	"setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc, "slice": stdlib.SliceFunc,
	"sort": stdlib.SortFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,

	"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
	"base64encode": textFunction("text", func(s string) (string, error) {
		return base64.StdEncoding.EncodeToString([]byte(s)), nil
	}),
	"base64decode": textFunction("text", func(s string) (string, error) {
		b, err := base64.StdEncoding.DecodeString(s)
		if err == nil && !utf8.Valid(b) {
			err = fmt.Errorf("the decoded bytes are not UTF-8 text")
		}
		return string(b), err
	}),

	"alltrue": truth(true), "anytrue": truth(false),

	"can": tryfunc.CanFunc, "try": tryfunc.TryFunc,
	"tobool": stdlib.MakeToFunc(cty.Bool), "tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
	"tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)), "tonumber": stdlib.MakeToFunc(cty.Number),
	"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)), "tostring": stdlib.MakeToFunc(cty.String),

	"cidrhost": cidrHost,
}

// functions returns the context that every expression is evaluated in.
func (l *loader) functions() *hcl.EvalContext {
	if l.context == nil {
		functions := map[string]function.Function{"file": textFunction("name", l.readText)}
		for name, f := range pureFunctions {
			functions[name] = charged(name, f, l.meter)
		}
		l.context = &hcl.EvalContext{Functions: functions}
	}
	return l.context
}

// readText reads a file of the specification's directory. os.Root keeps ".." and links from leading out of it.
func (l *loader) readText(name string) (string, error) {
	if filepath.IsAbs(name) {
		return "", fmt.Errorf("%q is absolute; name a file in the specification's directory", short(name))
	}
	f, err := openInside(l.dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no file %q beside the specification", short(name))
	} else if err != nil {
		return "", fmt.Errorf("%q: %w", short(name), cause(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(limitText.Most)+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%q: %w", short(name), cause(err))
	case len(b) > limitText.Most:
		return "", fmt.Errorf("%q is larger than %s", short(name), limitText)
	case !utf8.Valid(b):
		return "", fmt.Errorf("%q is not UTF-8 text", short(name))
	}
	return string(b), nil
}

// cause drops the operation and path from an error of the file system.
func cause(err error) error {
	if p, ok := err.(*os.PathError); ok {
		return p.Err
	}
	return err
}

func textFunction(parameter string, f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: parameter, Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.String), function.NewArgError(0, err)
			}
			return cty.StringVal(s), nil
		},
	})
}

// truth returns alltrue or, for false, anytrue: one element that differs from all decides.
func truth(all bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			result := cty.BoolVal(all)
			for it := args[0].ElementIterator(); it.Next(); {
				switch _, v := it.Element(); {
				case v.IsNull():
					return cty.UnknownVal(cty.Bool), function.NewArgErrorf(0, "an element is null")
				case !v.IsKnown():
					result = cty.UnknownVal(cty.Bool)
				case v.True() != all:
					return v, nil
				}
			}
			return result, nil
		},
	})
}

func textTest(f func(s, part string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "part", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

// cidrHost returns the nth address of a network: cidrhost("10.0.0.0/24", 10) is "10.0.0.10".
var cidrHost = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "network", Type: cty.String}, {Name: "number", Type: cty.Number}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		p, err := netip.ParsePrefix(args[0].AsString())
		if err != nil {
			return cty.UnknownVal(cty.String), function.NewArgError(0, err)
		}
		n, accuracy := args[1].AsBigFloat().Int64()
		a, ok := nth(p, n)
		if accuracy != big.Exact || !ok {
			return cty.UnknownVal(cty.String), function.NewArgErrorf(1, "%s has no address of this number", p)
		}
		return cty.StringVal(a.String()), nil
	},
})

// nth returns the nth address of a network, counted from 0.
func nth(p netip.Prefix, n int64) (netip.Addr, bool) {
	if n < 0 {
		return netip.Addr{}, false
	}
	sum := new(big.Int).Add(new(big.Int).SetBytes(p.Masked().Addr().AsSlice()), big.NewInt(n))
	if sum.BitLen() > p.Addr().BitLen() {
		return netip.Addr{}, false
	}
	a, ok := netip.AddrFromSlice(sum.FillBytes(make([]byte, p.Addr().BitLen()/8)))
	return a, ok && p.Contains(a)
}
