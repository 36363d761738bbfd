package report

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// panels are the figures plotted side by side.
var panels = []struct {
	figure Figure
	title  string
}{
	{Cost, "cost, weir / rival (left is better)"},
	{Throughput, "throughput, weir / rival (right is better)"},
	{P99, "p99, weir / rival (left is better)"},
}

// palette tells the rivals apart, by colour-blind eyes too.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff},
	color.RGBA{0x00, 0x9e, 0x73, 0xff}, color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0x56, 0xb4, 0xe9, 0xff}, color.RGBA{0x99, 0x99, 0x99, 0xff},
}

// Compared reports whether there is a ratio to plot.
func (r Result) Compared() bool {
	rows, _ := r.plotted()
	return len(rows) > 0
}

// WritePlot draws the ratios as SVG: a row per workload, a dot per rival at the
// median, a bar from min to max.
func (r Result) WritePlot(w io.Writer) error {
	rows, rivals := r.plotted()
	if len(rows) == 0 {
		return fmt.Errorf("plot: nothing was compared")
	}
	const width, line, margin = 12 * vg.Inch, 0.3 * vg.Inch, 1.2 * vg.Inch
	canvas := vgsvg.New(width, vg.Length(len(rows))*line+margin)
	plots := [][]*plot.Plot{make([]*plot.Plot, len(panels))}
	for i := range panels {
		p, err := r.panel(i, rows, rivals)
		if err != nil {
			return fmt.Errorf("plot: %w", err)
		}
		plots[0][i] = p
	}
	page := draw.New(canvas)
	tiles := draw.Tiles{Rows: 1, Cols: len(panels), PadX: vg.Points(6), PadTop: vg.Points(6), PadBottom: vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(6)}
	for i, at := range plot.Align(plots, tiles, page)[0] {
		plots[0][i].Draw(at)
	}
	_, err := canvas.WriteTo(w)
	return err
}

// plotted returns the workloads, the first one on top, and the rivals that have ratios.
func (r Result) plotted() (rows, rivals []string) {
	for _, section := range r.Sections {
		compared := false
		for _, rival := range r.rows(section.Workload) {
			if rival == Weir || section.Alone {
				continue
			}
			for _, panel := range panels {
				if r.Samples.Ratio(section.Workload, Weir, rival, panel.figure).N > 0 && rival != "direct" {
					compared = true
					if !slices.Contains(rivals, rival) {
						rivals = append(rivals, rival)
					}
				}
			}
		}
		if compared {
			rows = append(rows, section.Workload)
		}
	}
	slices.Reverse(rows)
	return rows, rivals
}

func (r Result) panel(i int, rows, rivals []string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = panels[i].title
	p.X.Scale = plot.LogScale{}
	p.X.Tick.Marker = ratioTicks{}
	names := rows
	if i > 0 {
		names = make([]string, len(rows)) // the first panel's stand for all
	}
	p.NominalY(names...)
	top := float64(len(rows)) - 0.5
	p.Y.Min, p.Y.Max = -0.5, top+1.5 // room for the legend
	even, err := plotter.NewLine(plotter.XYs{{X: 1, Y: -0.5}, {X: 1, Y: top}})
	if err != nil {
		return nil, err
	}
	rules := plotter.NewGrid()
	rules.Vertical.Width = 0
	p.Add(rules, even)
	low, high := 0.8, 1.25
	for k, rival := range rivals {
		var dots series
		for y, workload := range rows {
			ratio := r.Samples.Ratio(workload, Weir, rival, panels[i].figure)
			if ratio.N == 0 {
				continue
			}
			shift := 0.5 * (0.5 - (float64(k)+0.5)/float64(len(rivals)))
			dots.XYs = append(dots.XYs, plotter.XY{X: ratio.Median, Y: float64(y) + shift})
			dots.XErrors = append(dots.XErrors, struct{ Low, High float64 }{ratio.Median - ratio.Min, ratio.Max - ratio.Median})
			low, high = math.Min(low, ratio.Min), math.Max(high, ratio.Max)
		}
		if len(dots.XYs) == 0 {
			continue
		}
		if err := dots.add(p, rival, palette[k%len(palette)], i == 0); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.X.Max = low*0.95, high*1.05
	return p, nil
}

// series is one rival's dots with their bars.
type series struct {
	plotter.XYs
	plotter.XErrors
}

func (s series) add(p *plot.Plot, name string, c color.Color, legend bool) error {
	dots, err := plotter.NewScatter(s)
	if err != nil {
		return err
	}
	dots.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(2.5), Shape: draw.CircleGlyph{}}
	bars, err := plotter.NewXErrorBars(s)
	if err != nil {
		return err
	}
	bars.Color, bars.CapWidth = c, vg.Points(3)
	p.Add(bars, dots)
	if legend {
		p.Legend.Add(name, dots)
		p.Legend.Top, p.Legend.Left = true, true
	}
	return nil
}

// ratioTicks are where a reader looks on a logarithmic scale of ratios.
type ratioTicks struct{}

// Ticks implements plot.Ticker.
func (ratioTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for _, v := range []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100} {
		if v >= low && v <= high {
			ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprint(v)})
		}
	}
	return ticks
}
