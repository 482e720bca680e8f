package main

import (
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// languagePage is what docs/language.md is made of.
type languagePage struct {
	model.Conventions
	Starter []starterFile
	Blocks  []blockPage // each block before those inside it
}

// Features lists what not every supported version of Kubernetes has.
func (p *languagePage) Features() []*model.Feature { return model.Features }

// Limits lists the bounds on what a specification may hold or ask for.
func (p *languagePage) Limits() []*model.Limit { return model.InputLimits }

// Top lists the blocks that may stand at the top of a file.
func (p *languagePage) Top() []blockPage {
	return slices.DeleteFunc(slices.Clone(p.Blocks), func(b blockPage) bool { return b.Depth > 0 })
}

// blockPage is one block of the language with what was not described under an earlier one.
type blockPage struct {
	blockInfo
	Depth      int
	Attributes []attributeInfo
	Blocks     []childPage
	Same       []sameAs // attributes and blocks that an earlier block has too
}

// Heading is the Markdown heading of the block's depth.
func (b blockPage) Heading() string { return strings.Repeat("#", b.Depth+3) }

// childPage is a block inside another; its section is Path.
type childPage struct {
	blockInfo
}

// sameAs names attributes and blocks that are described under another block.
type sameAs struct {
	Path  string
	Names []string
}

// newLanguagePage describes each attribute and block once: containers and profiles share most of a workload's.
func newLanguagePage() (*languagePage, error) {
	files, err := starterFiles()
	if err != nil {
		return nil, err
	}
	page := &languagePage{Conventions: model.LanguageConventions(), Starter: files}
	attributes, blocks := map[*model.Attribute]string{}, map[*model.BlockType]string{}
	// A profile stands before the workload, from which most is read: describe it after.
	schema := slices.Clone(model.Schema)
	profile := slices.IndexFunc(schema, func(b *model.BlockType) bool { return b.Name == "profile" })
	workload := slices.IndexFunc(schema, func(b *model.BlockType) bool { return b.Name == "workload" })
	if profile >= 0 && workload == profile+1 {
		schema[profile], schema[workload] = schema[workload], schema[profile]
	}
	var walk func(b *model.BlockType, path string, depth int)
	walk = func(b *model.BlockType, path string, depth int) {
		blocks[b] = path
		p := blockPage{blockInfo: newBlockInfo(b, path), Depth: depth}
		same := func(of, name string) {
			for i := range p.Same {
				if p.Same[i].Path == of {
					p.Same[i].Names = append(p.Same[i].Names, name)
					return
				}
			}
			p.Same = append(p.Same, sameAs{of, []string{name}})
		}
		for _, a := range b.Attributes {
			if of, ok := attributes[a]; ok {
				same(of, a.Name)
				continue
			}
			attributes[a] = path
			p.Attributes = append(p.Attributes, newAttributeInfo(a))
		}
		var inside []*model.BlockType
		for _, c := range b.Blocks {
			if _, ok := blocks[c]; ok {
				same(parent(blocks[c]), c.Name)
				continue
			}
			p.Blocks = append(p.Blocks, childPage{newBlockInfo(c, path+"."+c.Name)})
			inside = append(inside, c)
			blocks[c] = path + "." + c.Name // before its siblings, which may hold it too
		}
		page.Blocks = append(page.Blocks, p)
		for _, c := range inside {
			walk(c, path+"."+c.Name, depth+1)
		}
	}
	for _, b := range schema {
		walk(b, b.Name, 0)
	}
	return page, nil
}

func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }
