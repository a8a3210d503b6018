import { strategyOn } from './strategy.ts'

export const lessonCompleted = strategyOn('lesson-completed', {
  id: 'lessonCompleted',
  name: 'Lesson completed',
  description: "A customer completes a collaborator's lesson.",
})
