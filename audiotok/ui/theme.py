"""How the page looks: system type, one accent, generous space; light and dark."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors

from audiotok.plots import palette

STYLES = [Path(__file__).parent / name for name in ("page.css", "why.css", "lesson.css")]
FONT = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Make the theme; no font and nothing else is fetched from anywhere."""
    light, dark = palette.ACCENT.light, palette.ACCENT.dark
    return gr.themes.Base(
        primary_hue=colors.teal,
        neutral_hue=colors.slate,
        radius_size=gr.themes.sizes.radius_lg,
        spacing_size=gr.themes.sizes.spacing_md,
        font=FONT,
        font_mono=MONO,
    ).set(
        color_accent=light,
        body_background_fill="#F6F7F9",
        body_background_fill_dark="#0F1115",
        body_text_color=palette.INK.light,
        body_text_color_dark=palette.INK.dark,
        body_text_color_subdued=palette.MUTED.light,
        body_text_color_subdued_dark=palette.MUTED.dark,
        background_fill_primary=palette.GROUND.light,
        background_fill_primary_dark=palette.GROUND.dark,
        background_fill_secondary="#F6F7F9",
        background_fill_secondary_dark="#1D2026",
        block_background_fill=palette.GROUND.light,
        block_background_fill_dark=palette.GROUND.dark,
        border_color_primary=palette.LINE.light,
        border_color_primary_dark=palette.LINE.dark,
        block_border_color=palette.LINE.light,
        block_border_color_dark=palette.LINE.dark,
        input_background_fill_dark="#1D2026",
        border_color_accent=light,
        border_color_accent_dark=dark,
        # Colours alone: a width in transition is too wide for a phone that was just turned.
        button_transition=", ".join(f"{it} .2s" for it in ("background", "border-color", "color")),
        button_primary_background_fill=light,
        button_primary_background_fill_dark=dark,
        button_primary_background_fill_hover="#0A5A5F",
        button_primary_background_fill_hover_dark="#74D3D6",
        button_primary_text_color="#FFFFFF",
        button_primary_text_color_dark="#0F1115",
        button_secondary_background_fill="#E9EDF1",
        button_secondary_background_fill_dark="#2A2F38",
        button_secondary_background_fill_hover="#DCE2E8",
        button_secondary_background_fill_hover_dark="#363C47",
        checkbox_label_background_fill="#E9EDF1",
        checkbox_label_background_fill_dark="#2A2F38",
        input_background_fill="#F6F7F9",
        block_radius="14px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
    )
