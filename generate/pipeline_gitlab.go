package generate

import "github.com/bartizan-dev/bartizan/model"

func gitlabPipeline(pass *Pass, p *model.Pipeline) error { return nil }
