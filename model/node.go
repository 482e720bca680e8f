package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// node is one decoded block.
type node struct {
	schema   *BlockType
	labels   []string
	labelAt  []hcl.Range
	at       hcl.Range // header
	span     hcl.Range // from the header to the end of the body
	addr     Address   // as users write it in expressions
	parent   *node     // nil for blocks of a file
	attrs    map[string]*attr
	children []*node          // in declared order
	each     *instance        // of a block with for_each; nil for others and for parts of blocks
	family   *family          // of a block with for_each as written
	title    string           // name of an instance
	profiles []*node          // that filled it in
	object   any              // what the block stands for in the model; nil for parts of other blocks
	names    map[string]*Port // ports of a workload
	filled   evalState        // whether the profiles were applied
	meant    map[string]bool  // names that misspelt attributes and blocks were probably meant to be
	broken   bool             // a label is wrong or repeated; its contents are checked, but nothing is derived from it
	guessed  bool             // another name stands there, of which its kind is the nearest
	unread   bool             // its body is no object, which is reported; what it lacks is unknown
}

// attr is one attribute as written.
type attr struct {
	schema *Attribute
	name   hcl.Range
	expr   hcl.Expression
	value  *value // set by the first evaluation; nil: null or wrong
	null   bool   // the value is null
	state  evalState
	each   *instance // that the attribute belongs to, or nil
	// guessed says that another name stands there, of which this is the nearest. That was reported; the value counts, so
	// that nothing else is said for want of it, but what is wrong with it may be a wrong guess and is not said.
	guessed bool
}

type evalState int

const (
	untouched evalState = iota
	running
	done
)

// describe names the block as its header is written: workload "shop" "cart".
func (n *node) describe() string {
	s := n.schema.Name
	for _, l := range n.labels {
		s += fmt.Sprintf(" %q", l)
	}
	return s
}

// name is what the block is called in Kubernetes and in files: its last label, and the key of an instance.
func (n *node) name() string {
	if n.title != "" {
		return n.title
	}
	if len(n.labels) == 0 {
		return ""
	}
	return n.labels[len(n.labels)-1]
}

// top returns the outermost block around n.
func (n *node) top() *node {
	for n.parent != nil {
		n = n.parent
	}
	return n
}

// all returns the nested blocks of the type in declared order.
func (n *node) all(name string) []*node {
	if n.schema.blocks[name] == nil {
		panic(fmt.Sprintf("model: block %s has no block %s", n.schema.Name, name))
	}
	var found []*node
	for _, c := range n.children {
		if c.schema.Name == name {
			found = append(found, c)
		}
	}
	return found
}

// one returns the nested block of the type, or nil.
func (n *node) one(name string) *node {
	if all := n.all(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// join appends a name to an address: .name, or ["name"] where it is no identifier.
func join(a Address, name string) Address {
	if isIdentifier(name) {
		return a + Address("."+name)
	}
	return a + Address(fmt.Sprintf("[%q]", name))
}

// decode turns a body into the node's attributes and children, and reports what the schema does not know.
func (l *loader) decode(n *node, body *hclsyntax.Body) {
	for _, name := range slices.Sorted(maps.Keys(body.Attributes)) {
		a := body.Attributes[name]
		l.part(a.SrcRange, n, name)
		l.addAttribute(n, name, a.NameRange, a.Expr)
	}
	for _, b := range body.Blocks {
		s := n.schema.blocks[b.Type]
		guessed := s == nil
		if guessed {
			if s = l.unknownBlock(n, b.Type, b.TypeRange); s == nil || len(s.Labels) != len(b.Labels) {
				continue
			}
		}
		c := l.addBlock(n, s, b.Labels, b.LabelRanges, hcl.RangeBetween(b.TypeRange, lastRange(b.TypeRange, b.LabelRanges)))
		c.span, c.guessed = hcl.RangeBetween(c.at, b.Body.EndRange), guessed
		l.part(hcl.RangeBetween(b.TypeRange, b.CloseBraceRange), c, "")
		l.decode(c, b.Body)
	}
	l.checkHeader(n)
}

func lastRange(first hcl.Range, rest []hcl.Range) hcl.Range {
	if len(rest) > 0 {
		return rest[len(rest)-1]
	}
	return first
}

func (l *loader) addAttribute(n *node, name string, at hcl.Range, expr hcl.Expression) {
	s := n.schema.attributes[name]
	if s == nil && n.schema.Open {
		s = &Attribute{Name: name, Type: anyType}
	}
	if s == nil {
		if s = l.unknownAttribute(n, name, at); s != nil && n.attrs[s.Name] == nil {
			n.attrs[s.Name] = &attr{schema: s, name: at, expr: expr, guessed: true}
		}
		return
	}
	n.attrs[name] = &attr{schema: s, name: at, expr: expr}
}

// addBlock adds an empty block to the node; its header is checked when its body has been decoded.
func (l *loader) addBlock(n *node, s *BlockType, labels []string, labelAt []hcl.Range, at hcl.Range) *node {
	l.countBlock(at)
	c := &node{schema: s, labels: labels, labelAt: labelAt, at: at, span: at, attrs: map[string]*attr{}}
	if n.schema != root {
		c.parent = n
	}
	c.addr = n.addr + Address("."+s.Name)
	if n.schema == root {
		c.addr = Address(s.Name)
	}
	for _, label := range labels {
		c.addr = join(c.addr, label)
	}
	n.children = append(n.children, c)
	return c
}

// unknownAttribute reports a name and returns the attribute that was probably meant, or nil.
func (l *loader) unknownAttribute(n *node, name string, at hcl.Range) *Attribute {
	if b := n.schema.blocks[name]; b != nil {
		header := name
		for _, label := range b.Labels {
			header += fmt.Sprintf(" %q", label.Name)
		}
		n.mean(name)
		l.errorf(at, "Block expected", "%q is a block. Write %s { … } without an equals sign.", name, header)
		return nil
	}
	n.mean(name)
	if do := n.schema.elsewhere(name); do != "" {
		l.errorf(at, "Unknown attribute", "%s has no attribute %q. %s", a(n.schema.Name), name, do)
		return nil
	}
	meant := didYouMean(name, n.schema.names())
	l.errorf(at, "Unknown attribute", "%s has no attribute %q.%s", a(n.schema.Name), name, meant)
	return n.schema.attributes[string(meant)]
}

// mean notes what a misspelt name was probably meant to be, so that it is not reported as missing too.
func (n *node) mean(name string) {
	if n.meant == nil {
		n.meant = map[string]bool{}
	}
	n.meant[nearest(name, n.schema.names())] = true
}

// unknownBlock reports a name and returns the block that was probably meant, or nil. It is read as that block, so that
// nothing else is said for want of it.
func (l *loader) unknownBlock(n *node, name string, at hcl.Range) *BlockType {
	n.mean(name)
	if n.schema.attributes[name] != nil {
		l.errorf(at, "Attribute expected", "%q is an attribute. Write %s = … with an equals sign.", name, name)
		return nil
	}
	if do := n.schema.elsewhere(name); do != "" {
		l.errorf(at, "Unknown block", "There is no block %q. %s", name, do)
		return nil
	}
	meant := didYouMean(name, n.schema.names())
	if n.schema == root {
		l.errorf(at, "Unknown block", "There is no block %q.%s", name, meant)
	} else {
		l.errorf(at, "Unknown block", "%s has no block %q.%s", a(n.schema.Name), name, meant)
	}
	return n.schema.blocks[string(meant)]
}

// a puts the indefinite article before a word, at the beginning of a sentence.
func a(word string) string {
	if strings.ContainsRune("aeio", rune(word[0])) {
		return "An " + word
	}
	return "A " + word
}

// names returns the names of all attributes and blocks.
func (b *BlockType) names() []string {
	var names []string
	for _, a := range b.Attributes {
		names = append(names, a.Name)
	}
	for _, c := range b.Blocks {
		names = append(names, c.Name)
	}
	return names
}

// checkHeader checks the labels of a block.
func (l *loader) checkHeader(n *node) {
	want := n.schema.Labels
	if len(n.labels) != len(want) {
		n.broken = true
		at := n.at
		if len(n.labels) > len(want) {
			at = n.labelAt[len(want)]
		}
		header := n.schema.Name
		for _, label := range want {
			header += fmt.Sprintf(" %q", label.Name)
		}
		l.errorf(at, "Wrong labels", "Write %s { … }: the block takes %s.", header, count(len(want), "label"))
		return
	}
	for i, label := range want {
		if _, p := label.Type.parse(n.labels[i]); p != nil {
			n.broken = true
			l.problem(n.labelAt[i], p)
		}
	}
}

// count writes a number with its noun: "no label", "1 label", "2 labels".
func count(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// checkRepeated reports blocks inside the block that have the same header.
func (l *loader) checkRepeated(n *node) {
	seen := map[string]*node{}
	for _, c := range n.children {
		key := strings.Join(append([]string{c.schema.Name}, c.labels...), "\x00")
		if first := seen[key]; first != nil && !c.schema.Open && !c.schema.Many {
			c.broken = true
			if c.guessed {
				continue
			}
			where := fmt.Sprintf("at line %d", first.at.Start.Line)
			if first.at.Filename != c.at.Filename {
				where = fmt.Sprintf("in %s, line %d,", first.at.Filename, first.at.Start.Line)
			}
			l.errorf(c.at, "Duplicate block", "%s stands %s already. Give it another name, or join the two.", c.describe(), where)
		} else {
			seen[key] = c
		}
	}
}

// checkNested reports repeated and missing parts of a block and of those inside it.
func (l *loader) checkNested(n *node) {
	l.checkRepeated(n)
	if n.schema == profileBlock || n.unread {
		return // it need not be complete
	}
	for _, a := range n.schema.Attributes {
		if a.Required && n.attrs[a.Name] == nil && !n.meant[a.Name] {
			l.errorf(n.at, "Missing "+a.Name, "%s needs %s: %s", n.describe(), a.Name, sentence(a.Doc))
		}
	}
	for _, b := range n.schema.Blocks {
		if b.Required && n.one(b.Name) == nil && !n.meant[b.Name] {
			l.errorf(n.at, "Missing "+b.Name, "%s needs a block %s: %s", n.describe(), b.Name, sentence(b.Doc))
		}
	}
	for _, c := range n.children {
		l.checkNested(c)
	}
}

// sentence lowers the first letter of a text that continues a sentence, unless it starts with an abbreviation.
func sentence(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' || len(s) > 1 && s[1] == ' ' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
