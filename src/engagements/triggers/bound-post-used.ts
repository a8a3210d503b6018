import { strategyOn } from './strategy.ts'

export const boundPostUsed = strategyOn('post-visited', {
  id: 'boundPostUsed',
  name: 'Post visited',
  description: "A reader visits a collaborator's post.",
})
