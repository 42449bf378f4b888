"""Pictures that a net would love to see: objective + parametrisation + transforms + ascent, one file each.

After Mordvintsev, Olah and Tyka, "Inceptionism: Going deeper into neural networks" (Google Research blog, 2015) and
Olah, Mordvintsev and Schubert, "Feature Visualization" (Distill, 2017, doi:10.23915/distill.00007), made to work on
pictures as small as 8×8 with one channel.
"""

from app.insight.dream.ascent import DreamStep, How, dream

__all__ = ["DreamStep", "How", "dream"]
